package readonly

import (
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
)

const (
	write = refusal.SQLiteReadOnly
	auth  = refusal.SQLiteAuth
)

// refusals is what a read-only token must not get through, by the trick.
var refusals = []struct {
	trick string
	code  refusal.Code
	texts []string
}{
	{"a statement that writes rows", write, []string{
		"INSERT INTO t VALUES (1)", "insert or ignore into t values (1)", "REPLACE INTO t VALUES (1)",
		"UPDATE t SET a = 1", "UPDATE OR ROLLBACK t SET a = 1", "DELETE FROM t", "DELETE FROM t WHERE 0",
		"INSERT INTO t DEFAULT VALUES", "INSERT INTO t VALUES (1), (2)", "INSERT INTO t SELECT * FROM t",
		"INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2", "DELETE FROM t RETURNING *",
	}},
	{"a statement that changes the schema", write, []string{
		"CREATE TABLE t (a)", "CREATE TABLE t AS SELECT 1", "CREATE TEMP TABLE t (a)", "CREATE TABLE temp.x (a)",
		"CREATE INDEX i ON t (a)", "CREATE UNIQUE INDEX i ON t (a)", "CREATE VIEW v AS SELECT 1",
		"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE VIRTUAL TABLE f USING fts5(a)",
		"ALTER TABLE t ADD COLUMN b", "ALTER TABLE t RENAME TO u", "ALTER TABLE t DROP COLUMN b",
		"DROP TABLE t", "DROP VIEW v", "DROP INDEX i", "REINDEX", "REINDEX t", "VACUUM", "VACUUM INTO 'f'",
		"ANALYZE", "ANALYZE t",
	}},
	{"a write that happens to do nothing, which SQLite calls read-only", write, []string{
		"DROP TRIGGER IF EXISTS absent", "CREATE TRIGGER IF NOT EXISTS r AFTER INSERT ON t BEGIN SELECT 1; END",
		"DROP TABLE IF EXISTS absent", "REINDEX nocase",
	}},
	{"a write behind a common table", write, []string{
		"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "WITH x AS (SELECT 1) UPDATE t SET a = 1",
		"WITH x AS (SELECT 1) DELETE FROM t", "WITH x AS (SELECT 1) REPLACE INTO t SELECT * FROM x",
		"WITH replace(x) AS (SELECT 1) REPLACE INTO t SELECT x FROM replace",
		"WITH RECURSIVE x(a) AS NOT MATERIALIZED (SELECT 1), y AS (SELECT 2) DELETE FROM t",
		"with x as(select ')')delete from t", "WITH x AS (SELECT 1) /* SELECT */ DELETE FROM t",
	}},
	{"a write inside a query, as other databases have it", write, []string{
		"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "SELECT * FROM (DELETE FROM t RETURNING a)",
		"SELECT * INTO u FROM t", "SELECT * FROM t FOR UPDATE", "SELECT 1 RETURNING a", "SELECT 1 FROM t SET a = 1",
		"SELECT * FROM x JOIN (UPDATE t SET a = 1) y", "VALUES (1) UNION DELETE FROM t",
	}},
	{"a write after a read", write, []string{
		"SELECT 1; DELETE FROM t", "SELECT 1;;; DELETE FROM t", ";DELETE FROM t", "SELECT 1; /* ; */ DELETE FROM t",
		"SELECT 1 -- ;\n; DELETE FROM t", "BEGIN; INSERT INTO t VALUES (1); COMMIT", "SELECT ';'; DROP TABLE t",
		"SELECT 1 1 DELETE FROM t", "select 1; select 1 1 delete from w", "SELECT \"a;\" ; UPDATE t SET a = 1",
		"SELECT 1 -- \r; SELECT 2\n; DELETE FROM t", "PRAGMA table_info(t); DELETE FROM t",
	}},
	{"a write behind what looks like a comment or an escape", write, []string{
		"-- SELECT\nDELETE FROM t", "/* SELECT */ DELETE FROM t", "/**/DELETE FROM t", "/*/ SELECT */ DELETE FROM t",
		`SELECT '\'; DELETE FROM t; --'`, "SELECT '''; --'; DELETE FROM t",
		"\t\r\n\fdelete\tfrom t", "SELECT `a``;`; DELETE FROM t",
	}},
	{"a query whose function writes", write, []string{
		"SELECT optimize(f) FROM f", "SELECT OPTIMIZE(f) FROM f", `SELECT "optimize"(f) FROM f`,
		"SELECT [optimize](f) FROM f", "SELECT `optimize` (f) FROM f", "SELECT optimize/**/(f) FROM f",
		"SELECT optimize -- x\n (f) FROM f", "SELECT 1 FROM f ORDER BY optimize(f)", "VALUES (optimize(f))",
		"SELECT count(*) FILTER (WHERE optimize(f)) FROM f", "SELECT 1 WHERE 1 IN (optimize(f))",
		"SELECT 1 LIMIT optimize(f)", "WITH x AS (SELECT optimize(f) FROM f) SELECT * FROM x",
		"WITH optimize(f) AS (SELECT 1) SELECT * FROM optimize", "SELECT abs(optimize(f)) FROM f",
		"SELECT a IS DISTINCT FROM optimize(f) FROM f", "SELECT CAST(optimize(f) AS materialized(1)) FROM f",
		"SELECT * FROM optimize(f)", "SELECT main.optimize(f)", "EXPLAIN SELECT optimize(f) FROM f",
		"SELECT addgeometrycolumn('t', 'g', 1, 'POINT')", "SELECT crsql_as_crr('t')",
	}},
	{"a pragma that writes when it is read as a table", write, []string{
		"SELECT * FROM pragma_optimize", "SELECT * FROM pragma_optimize(0x10002)", "SELECT 1 IN pragma_optimize",
		"SELECT * FROM main.'pragma_optimize'", `SELECT * FROM "PRAGMA_Optimize"`, "SELECT * FROM [pragma_optimize]",
		"SELECT * FROM `pragma_optimize` WHERE arg = 1", "SELECT * FROM t, pragma_optimize", "SELECT * FROM (pragma_optimize)",
		"SELECT * FROM t JOIN 'pragma_optimize'", "SELECT 1 WHERE 1 IN main.pragma_optimize",
	}},
	{"a pragma table that is not known to read", auth, []string{
		"SELECT * FROM pragma_wal_checkpoint", "SELECT * FROM pragma_integrity_check", "SELECT * FROM 'pragma_'",
		"SELECT * FROM pragma_" + strings.Repeat("x", 100), `SELECT * FROM "pragma_` + strings.Repeat(`""`, 100) + `"`,
	}},
	{"a function or table that reaches files", auth, []string{
		"SELECT readfile('/etc/passwd')", "SELECT writefile('f', x'00')", "SELECT edit('x')", "SELECT lsmode(1)",
		"SELECT name FROM fsdir('/')", "SELECT name FROM fsdir WHERE path = '/'", "SELECT * FROM 'fsdir' WHERE path = '/'",
		"SELECT * FROM main.fsdir", "SELECT * FROM lsdir('/')", "SELECT * FROM zipfile('f')", "SELECT fileio_read('f')",
		"SELECT * FROM fileio_scan('f')", "SELECT 1 IN fsdir", "SELECT \"readfile\"('f')",
	}},
	{"a function that runs or compiles SQL, or loads code", auth, []string{
		"SELECT sha3_query('ATTACH ''f'' AS z')", "SELECT sha1_query('x')", "SELECT eval('DELETE FROM t')",
		"SELECT load_extension('f')", "SELECT fts3_tokenizer('a', x'00')", "SELECT define('f', 'x')",
		"SELECT * FROM bytecode('PRAGMA query_only = 0')", "SELECT * FROM tables_used WHERE sql = 'PRAGMA x = 1'",
		"SELECT icu_load_collation('a', 'b')", "SELECT explain('x')",
	}},
	{"a function with settings of the process, or internal", auth, []string{
		"SELECT sqlite3mc_config('cipher', 1)", "SELECT sqlite_crypt(1)", "SELECT sqlite_log(1, 'x')",
		"SELECT sqlite_rename_table(1)", "SELECT sqlite_drop_column(1)", "SELECT * FROM crsql_changes",
		"SELECT * FROM carray", "SELECT * FROM carray WHERE pointer = 1", "SELECT 1 IN main.\"carray\"",
	}},
	{"a function nobody knows", auth, []string{
		"SELECT mystery()", "SELECT \"mystery\"(1)", "SELECT 'mystery'(1)", "SELECT a FROM t WHERE mystery(a)",
		"SELECT a IS NOT DISTINCT FROM mystery(a)", "SELECT CAST(mystery(f) AS materialized(1))",
		"SELECT * FROM t, mystery(1)", "SELECT mystery(a) AS (b)", "SELECT 1 IN mystery(1)",
		"SELECT " + strings.Repeat("m", 100) + "(1)", "SELECT mystery (a, b) AS x",
		"SELECT \u212A(1)", "SELECT chec\u212A(1)", "SELECT carray(1, 2)", "SELECT raise(ABORT, 'x')",
	}},
	{"the raw pages, with what was deleted", auth, []string{
		"SELECT * FROM sqlite_dbpage", "SELECT data FROM main.\"sqlite_dbpage\"", "SELECT * FROM sqlite_dbdata('main')",
		"SELECT * FROM sqlite_dbptr",
	}},
	{"a pragma that sets a field of the database", write, []string{
		"PRAGMA user_version = 5", `PRAGMA main."user_version"(5)`, "PRAGMA 'main'.[user_version]=5",
		"PRAGMA/**/user_version=+5", "PRAGMA user_version=-5", "PRAGMA temp.user_version=3", "PRAGMA application_id(7)",
		"PRAGMA schema_version = 1", "PRAGMA encoding = 'UTF-16'", "PRAGMA page_size = 512", "PRAGMA auto_vacuum = 1",
		"PRAGMA default_cache_size = 1", "PRAGMA journal_mode = DELETE",
	}},
	{"a pragma that acts when it is read", write, []string{
		"PRAGMA optimize", "PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA incremental_vacuum",
		"PRAGMA journal_mode", "PRAGMA main.journal_mode",
	}},
	{"a pragma that sets the connection or the process", auth, []string{
		"PRAGMA foreign_keys = 0", "PRAGMA foreign_keys(0)", "PRAGMA query_only = 0", "PRAGMA query_only(0)",
		"PRAGMA writable_schema = ON", "PRAGMA synchronous = OFF", "PRAGMA locking_mode = EXCLUSIVE",
		"PRAGMA cache_size = 1", "PRAGMA hard_heap_limit = 1", "PRAGMA soft_heap_limit(1)", "PRAGMA shrink_memory",
		"PRAGMA case_sensitive_like", "PRAGMA case_sensitive_like = 1", "PRAGMA temp_store_directory = '/'",
		"PRAGMA \"query_only\" = 0", "PRAGMA main.mmap_size = 1", "PRAGMA trusted_schema = 1", "PRAGMA key = 'x'",
		"PRAGMA integrity_check", "PRAGMA foreign_key_check", "PRAGMA unheard_of", "PRAGMA query_only == 0",
	}},
	{"a pragma with more than a name for an argument", auth, []string{
		"PRAGMA table_info(1)", "PRAGMA table_info(-1)", "PRAGMA table_info()", "PRAGMA table_info(t, u)",
		"PRAGMA table_info(t) x", "PRAGMA table_info(t", "PRAGMA table_info = ", "PRAGMA table_info + t",
		"PRAGMA a.b.table_info", "PRAGMA", "PRAGMA main.", "PRAGMA (1)", "PRAGMA table_info t",
	}},
	{"an EXPLAIN of anything but a query, for pragmas act when compiled", auth, []string{
		"EXPLAIN PRAGMA query_only = 0", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 1", "EXPLAIN PRAGMA table_info(t)",
		"EXPLAIN BEGIN", "EXPLAIN EXPLAIN SELECT 1", "EXPLAIN", "EXPLAIN QUERY SELECT 1", "EXPLAIN QUERY PLAN",
		"EXPLAIN ATTACH 'f' AS x",
	}},
	{"an EXPLAIN of a write", write, []string{
		"EXPLAIN DELETE FROM t", "EXPLAIN QUERY PLAN INSERT INTO t VALUES (1)",
		"EXPLAIN WITH x AS (SELECT 1) DELETE FROM t", "EXPLAIN CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; DELETE FROM t; END",
	}},
	{"another database", auth, []string{
		"ATTACH 'f' AS x", "ATTACH DATABASE ':memory:' AS x", "attach other as x", "DETACH x", "DETACH DATABASE x",
	}},
	{"a lock that writers need", auth, []string{
		"BEGIN CONCURRENT", "BEGIN TRANSACTION IMMEDIATE", "BEGIN TRANSACTION CONCURRENT", "BEGIN DEFERRED TRANSACTION EXCLUSIVE",
	}},
	{"a transaction statement with more in it", auth, []string{
		"BEGIN x", "BEGIN DEFERRED IMMEDIATE", "BEGIN IMMEDIATE EXCLUSIVE", "BEGIN IMMEDIATE x", "BEGIN \"IMMEDIATE\"", "COMMIT 1", "END x y", "ROLLBACK x", "SAVEPOINT", "SAVEPOINT a b",
		"RELEASE", "ROLLBACK TO", "BEGIN TRANSACTION a b", "SAVEPOINT (a)",
	}},
	{"bytes and tokens that SQLite's ports cut differently", auth, []string{
		"SELECT 1\x00; DELETE FROM t", "SELECT '\x00'", "SELECT /* \x00 */ 1", "SELECT '\xff'", "\ufeffSELECT 1",
		"SELECT \ufeff1", "SELECT a\ufeffb", "SELECT \v1", "SELECT \x011", "SELECT \x7f", "SELECT $x('); DELETE FROM t; --')",
		"SELECT :a(1)", "SELECT @a(1)", "SELECT @a::b", "SELECT $::x", "SELECT ::x", "SELECT #1", "SELECT $", "SELECT :",
		"SELECT 1 /* open", "SELECT 1/*", "SELECT 'open", "SELECT \"open", "SELECT `open", "SELECT [open", "SELECT x'0'",
		"SELECT x'0g'", "SELECT X'00", "SELECT 1abc", "SELECT 1__0", "SELECT 1_", "SELECT 0x", "SELECT 1e", "SELECT !1",
		"SELECT \\1", "SELECT ^1", "SELECT [a]]; DELETE FROM t; --]", "SELECT {a}", "SELECT :a\ufeff",
	}},
	{"parentheses that do not match", auth, []string{
		"SELECT (1", "SELECT 1)", "SELECT (1;)", "WITH x AS (SELECT 1; DELETE FROM t", "SELECT (1; DELETE FROM t)",
	}},
	{"what SQLite does not have, or begins no query", auth, []string{
		"(SELECT 1)", "SELEC 1", "1", "'SELECT'", `"SELECT" 1`, "[SELECT] 1", "TABLE t", "SHOW TABLES", "SET x = 1", "KILL 1", "WITH",
		"WITH x", "WITH x AS", "WITH x AS SELECT 1", "WITH x AS (SELECT 1)", "WITH x AS (SELECT 1) x", "WITH 1 AS (SELECT 1) SELECT 1",
		"WITH x AS (SELECT 1), SELECT 1", "COPY t TO 'f'", "CALL f()", ".open f", "WITH x AS NOT (1", "INTO t", "GRANT x",
	}},
}

func TestReadOnlyTokensAreRefused(t *testing.T) {
	r := mustNew(t)
	for _, c := range refusals {
		t.Run(c.trick, func(t *testing.T) {
			for _, sql := range c.texts {
				v, spans := r.Judge(sql, nil)
				switch {
				case v.OK():
					t.Errorf("%.120q passed", sql)
				case v.Code() != c.code:
					t.Errorf("%.120q: code %s, want %s", sql, v.Code(), c.code)
				case len(spans) != 0:
					t.Errorf("%.120q: refused, with spans", sql)
				}
			}
		})
	}
}

func TestConfigurationCannotAllowWhatIsDenied(t *testing.T) {
	r := mustNew(t, "mystery", "Other_Function")
	for _, sql := range []string{"SELECT mystery(1)", "SELECT MYSTERY (1)", `SELECT "other_function"()`, "SELECT * FROM t, mystery(1)"} {
		if v, _ := r.Judge(sql, nil); !v.OK() {
			t.Errorf("%q: %s", sql, v.Message(sql))
		}
	}
	if v, _ := r.Judge("SELECT mystery2(1)", nil); v.OK() {
		t.Error("a function that was not named passed")
	}
}
