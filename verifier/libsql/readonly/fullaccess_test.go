package readonly

import (
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestFullAccessWorksWithinItsDatabase(t *testing.T) {
	r := mustNew(t)
	for _, sql := range []string{
		"INSERT INTO t VALUES (1), (2) ON CONFLICT DO UPDATE SET a = 2 RETURNING *", "replace into t (a, b) select 1, upper('x')",
		"UPDATE t SET a = unknown_function(a)", "DELETE FROM t", "WITH x AS (SELECT 1) DELETE FROM t", "SELECT 1", "VALUES (1)",
		"CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a DECIMAL(10, 2) DEFAULT (abs(1)), UNIQUE (a) CHECK (a > 0))",
		"CREATE INDEX i ON t (lower(a))", "CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'porter')", "ALTER TABLE t RENAME TO u", "DROP TABLE t",
		"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; UPDATE t SET a = CASE WHEN 1 THEN 2 END; END",
		"CREATE TEMP TRIGGER IF NOT EXISTS r DELETE ON t WHEN old.a > 1 BEGIN INSERT INTO u VALUES (1); END;", "REINDEX", "ANALYZE t", "VACUUM",
		"SELECT optimize(f) FROM f", "SELECT * FROM pragma_optimize", "SELECT * FROM pragma_integrity_check", "SELECT 'readfile', edit FROM t",
		"BEGIN IMMEDIATE", "BEGIN", "COMMIT", "END TRANSACTION", "ROLLBACK TO a", "SAVEPOINT a", "RELEASE a", "EXPLAIN QUERY PLAN DELETE FROM t",
		"EXPLAIN CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "PRAGMA foreign_keys = OFF", "PRAGMA main.user_version(5)", "PRAGMA user_version = -5",
		"PRAGMA table_info('t')", "PRAGMA journal_mode", "PRAGMA foreign_key_check", "ATTACH other AS o", `ATTACH DATABASE "other-db" AS o`, "DETACH o", "DETACH DATABASE o",
	} {
		if v, spans := r.JudgeFullAccess(sql, nil); !v.OK() || len(spans) != 1 || sql[spans[0].Start:spans[0].End] != strings.TrimSuffix(sql, ";") {
			t.Errorf("%s: %s %v", sql, v.Message(sql), spans)
		}
	}
}

func TestWhatIsAttachedIsNamed(t *testing.T) {
	r := mustNew(t)
	for sql, want := range map[string]string{
		"ATTACH other AS o": "other", `attach/**/DATABASE "other-db" AS o`: "other-db", "ATTACH [a b] AS database": "a b",
		"ATTACH database x AS o": "x", `ATTACH "database" AS o`: "database", "ATTACH `a``b` AS o": "a`b",
	} {
		text := " ; SELECT 1; " + sql + " ; -- end"
		v, spans := r.JudgeFullAccess(text, nil)
		if !v.OK() || len(spans) != 2 || spans[1].Kind != Attach {
			t.Errorf("%s: %v %s", sql, spans, v.Message(text))
		} else if got := Attached(text, spans[1]); got != want {
			t.Errorf("%s attaches %q, want %q", sql, got, want)
		}
	}
	if _, spans := r.JudgeFullAccess("DETACH o", nil); spans[0].Kind != Other {
		t.Errorf("DETACH is of kind %d", spans[0].Kind)
	}
}

func TestFullAccessIsNotTrustedWithTheMachine(t *testing.T) {
	r := mustNew(t)
	refused := []string{
		"ATTACH 'f' AS x", "ATTACH DATABASE 'data/dbs/other/data' AS x", "ATTACH ':memory:' AS x", "ATTACH x || 'f' AS y", "ATTACH readfile('f') AS x", "ATTACH ? AS x",
		"ATTACH 'f' || x AS y", "ATTACH f KEY 'x'", "ATTACH f AS x KEY 'k'", "DETACH 'x' y", "VACUUM INTO 'f'", "VACUUM main INTO 'f'", "vacuum/**/into 'f'",
		"INSERT INTO t VALUES (readfile('/etc/passwd'))", "SELECT writefile('f', x'00')", "UPDATE t SET a = edit('x')", "INSERT INTO t SELECT name FROM fsdir('/')",
		"SELECT name FROM fsdir WHERE path = '/'", "DELETE FROM t WHERE lsmode(1)", "SELECT sha3_query('ATTACH ''f'' AS z')", "SELECT \"readfile\"('f')", "SELECT [readfile] ('f')",
		"SELECT readfile/**/('f')", "SELECT load_extension('f')", "SELECT fts3_tokenizer('a', x'00')", "SELECT eval('x')", "SELECT sqlite3mc_config('cipher', 1)",
		"CREATE VIEW v AS SELECT readfile('f')", "CREATE TABLE t (a DEFAULT (readfile('f')))", "CREATE INDEX i ON t (readfile('f'))", "CREATE TABLE t AS SELECT readfile('f')",
		"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT writefile('f', new.a); END", "CREATE TRIGGER r AFTER INSERT ON t WHEN readfile('f') BEGIN SELECT 1; END",
		"CREATE VIRTUAL TABLE x USING fsdir('/')", "CREATE VIRTUAL TABLE x USING zipfile('f')", "CREATE VIRTUAL TABLE x USING 'fsdir'",
		"UPDATE sqlite_dbpage SET data = x'00'", "INSERT INTO main.\"sqlite_dbpage\" VALUES (1)", "SELECT * FROM 'sqlite_dbpage'", "SELECT * FROM bytecode('PRAGMA x = 1')",
		"PRAGMA hard_heap_limit = 1", "PRAGMA main.hard_heap_limit(1)", "PRAGMA \"soft_heap_limit\" = 1", "PRAGMA temp_store_directory = '/'", "PRAGMA key = 'x'", "PRAGMA rekey = 'x'",
		"PRAGMA journal_mode = DELETE", "PRAGMA writable_schema = 1", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA cache_size = 1000000", "PRAGMA unheard_of", "PRAGMA mmap_size = 1",
		"EXPLAIN PRAGMA hard_heap_limit = 1", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 1", "EXPLAIN ATTACH f AS x", "EXPLAIN EXPLAIN SELECT 1", "EXPLAIN PRAGMA foreign_keys = 0",
		"EXPLAIN SELECT readfile('f')", "EXPLAIN VACUUM INTO 'f'", "SELECT 1; ATTACH 'f' AS x", "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; ATTACH 'f' AS x; END",
		"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; PRAGMA hard_heap_limit = 1; END", "CREATE TRIGGER r; PRAGMA hard_heap_limit = 1", "CREATE TRIGGER r; END x",
		"KILL 1", "GRANT x", ".open f", "(SELECT 1)", "SELECT (1", "SELECT 1)", "SELECT \x00", "SELECT 'open", "SELECT $x('); ATTACH ''f'' AS y; --')",
		"SELECT 1" + strings.Repeat("+1", 40_000), strings.Repeat("(", 300), "INSERT INTO t VALUES (1" + strings.Repeat("+1", 40_000) + ")",
	}
	for _, sql := range refused {
		v, spans := r.JudgeFullAccess(sql, nil)
		if v.OK() || v.Code() != refusal.SQLiteAuth || len(spans) != 0 || strings.Contains(v.Message(sql), "read-only") {
			t.Errorf("%.100q: %v %s", sql, v.OK(), v.Message(sql))
		}
	}
}

func TestEveryStatementOfAFullAccessTextIsASpan(t *testing.T) {
	const sql = "begin; create trigger r after insert on t begin delete from u; select case when 1 then 2 end; end; /* ; */ insert into t values (';');;commit"
	want := []string{"begin", "create trigger r after insert on t begin delete from u; select case when 1 then 2 end; end", "insert into t values (';')", "commit"}
	v, spans := mustNew(t).JudgeFullAccess(sql, nil)
	if !v.OK() || len(spans) != len(want) {
		t.Fatalf("%s, %d statements", v.Message(sql), len(spans))
	}
	for i, s := range spans {
		if got := sql[s.Start:s.End]; got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
	}
}

func TestEveryReadOfAReadOnlyTokenIsOpenToFullAccess(t *testing.T) {
	r := mustNew(t)
	for _, c := range costs {
		if v, _ := r.JudgeFullAccess(c.sql, nil); !v.OK() {
			t.Errorf("%s: %s", c.name, v.Message(c.sql))
		}
		spans := make([]Span, 0, 1)
		if n := testing.AllocsPerRun(10, func() { _, spans = r.JudgeFullAccess(c.sql, spans[:0]) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// FuzzJudgeFullAccess holds it to this: each span of a text that passed passes
// alone, as one statement.
func FuzzJudgeFullAccess(f *testing.F) {
	for _, sql := range []string{
		"begin; create trigger r after insert on t begin delete from u; end; insert into t values (1)", "PRAGMA user_version(5);", "ATTACH \"x\" AS y; VACUUM",
		"EXPLAIN QUERY PLAN DELETE FROM t; create temp trigger x begin select 1; end",
	} {
		f.Add(sql)
	}
	r := mustNew(f)
	f.Fuzz(func(t *testing.T, sql string) {
		v, spans := r.JudgeFullAccess(sql, nil)
		if !v.OK() {
			return
		}
		for _, s := range spans {
			alone := sql[s.Start:s.End]
			if v, again := r.JudgeFullAccess(alone, nil); !v.OK() || len(again) != 1 || again[0] != (Span{0, len(alone), s.Kind}) {
				t.Errorf("%q of %q: %s %v", alone, sql, v.Message(alone), again)
			}
		}
	})
}
