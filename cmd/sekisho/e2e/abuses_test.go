package e2e

import (
	"strings"
	"testing"
)

// abuses is what a read-only token is refused through every door: a statement or
// more for each class, with what furnishForAbuse made.
var abuses = []class{
	{name: "rows are written", code: "SQLITE_READONLY", texts: []string{
		"DELETE FROM users", "INSERT INTO users (name) VALUES ('Eve') RETURNING id", "WITH x AS (SELECT 1) UPDATE users SET name = 'Eve'",
		"INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'Eve'", "REPLACE INTO users (id) VALUES (1)",
		"WITH replace (x) AS (SELECT 1) REPLACE INTO users (id) SELECT x FROM replace",
		"SELECT * FROM (DELETE FROM users RETURNING id)", "WITH x AS (DELETE FROM users RETURNING id) SELECT * FROM x", "SELECT name INTO eve FROM users",
	}},
	{name: "a write behind a read", texts: []string{
		"SELECT 1; DELETE FROM users", "SELECT 1; SELECT 1 1 DELETE FROM users", ";;DELETE FROM users", "SELECT 1 --\r; DELETE FROM users\n; DELETE FROM users",
	}},
	{name: "a statement from where the server goes on after an error", code: anything, texts: []string{
		"SELECT 1; SELECT count(*) FROM users HAVING REINDEX", "SELECT 1; SELECT count(*) FROM users HAVING ANALYZE",
	}},
	{name: "the schema is changed", code: "SQLITE_READONLY", texts: []string{
		"CREATE TABLE eve (a)", "CREATE TEMP TABLE eve (a)", "CREATE TABLE temp.eve (a)", "DROP VIEW IF EXISTS absent", "DROP TRIGGER IF EXISTS absent",
		"CREATE TRIGGER IF NOT EXISTS kept AFTER INSERT ON users BEGIN SELECT 1; END", "ALTER TABLE users RENAME TO eve", "REINDEX", "VACUUM", "ANALYZE",
	}},
	{name: "a write is explained", texts: []string{
		"EXPLAIN DELETE FROM users", "EXPLAIN QUERY PLAN DELETE FROM users",
		"EXPLAIN CREATE TRIGGER eve AFTER INSERT ON users BEGIN SELECT 1; DELETE FROM users; END",
	}},
	{name: "a full-text index is merged by a SELECT", code: "SQLITE_READONLY", texts: []string{
		"SELECT optimize(words) FROM words", `SELECT 1 FROM words ORDER BY "Optimize" /**/ (words)`, "SELECT 1 FROM words LIMIT optimize(words)",
		"SELECT CAST(optimize(words) AS materialized(1)) FROM words", "SELECT 1 FROM words WHERE words IS DISTINCT FROM optimize(words)",
		"SELECT count(*) FILTER (WHERE [optimize](words)) FROM words", "VALUES ((SELECT optimize(words) FROM words))",
	}},
	{name: "statistics are written by a SELECT", code: "SQLITE_READONLY", texts: []string{
		"SELECT * FROM pragma_optimize", "SELECT 1 IN main.'pragma_optimize'", "SELECT * FROM pragma_optimize(0x10002)", "SELECT * FROM PRAGMA_OPTIMIZE WHERE arg = 2",
	}},
	{name: "a view hides a SELECT that writes", code: "SQLITE_READONLY", hidden: true, texts: []string{
		"SELECT * FROM merges", "SELECT name FROM users WHERE name IN (SELECT * FROM merges)", "WITH x AS (SELECT * FROM merges) SELECT * FROM x",
	}},
	{name: "a field of the database is set", code: "SQLITE_READONLY", texts: []string{
		"PRAGMA user_version = 7", "PRAGMA main.'application_id'(7)", `PRAGMA main."user_version"(7)`, "PRAGMA 'main'.[user_version]=7",
		"PRAGMA/**/user_version=+7", "PRAGMA temp.user_version=7", "PRAGMA schema_version = 7", "PRAGMA encoding = 'UTF-16'",
	}},
	{name: "a pragma acts when it is read", texts: []string{
		"PRAGMA optimize", "PRAGMA wal_checkpoint", "PRAGMA incremental_vacuum", "PRAGMA journal_mode", "PRAGMA shrink_memory", "PRAGMA case_sensitive_like",
		"SELECT * FROM pragma_wal_checkpoint", "SELECT * FROM pragma_incremental_vacuum",
	}},
	{name: "the connection is set", code: "SQLITE_AUTH", texts: []string{
		"PRAGMA query_only = 0", "PRAGMA writable_schema(1)", "EXPLAIN QUERY PLAN PRAGMA foreign_keys = 0", "EXPLAIN PRAGMA cache_size = 9",
		"PRAGMA synchronous = 0", "PRAGMA busy_timeout = 9", "PRAGMA locking_mode = exclusive", "PRAGMA journal_size_limit = 9",
		"PRAGMA ignore_check_constraints = 1", "PRAGMA trusted_schema = 1",
	}},
	{name: "the whole process is limited", code: "SQLITE_AUTH", texts: []string{
		"PRAGMA hard_heap_limit = 1000000000", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 1000000000", "PRAGMA soft_heap_limit(1000000000)",
		"SELECT * FROM pragma_hard_heap_limit(1000000000)", "PRAGMA temp_store_directory = '.'",
	}},
	{name: "a file of the server is read or written", code: "SQLITE_AUTH", texts: []string{
		"SELECT readfile('canary')", "SELECT writefile('eve', 'x')", "SELECT * FROM fsdir WHERE path = '.'", "SELECT name FROM fsdir('.')", "VALUES (lsmode(1))", "SELECT edit('x')",
	}},
	{name: "SQL runs inside a function", code: "SQLITE_AUTH", texts: []string{
		"SELECT sha3_query('SELECT 1')", "SELECT hex(sha3_query('ATTACH ''data.sqld'' AS z'))", "SELECT eval('DELETE FROM users')",
		"SELECT * FROM bytecode('PRAGMA cache_size = 9')", "SELECT * FROM tables_used('SELECT 1')", "SELECT sha1_query('SELECT 1')",
	}},
	{name: "code or settings are loaded", code: "SQLITE_AUTH", texts: []string{
		"SELECT load_extension('x')", "SELECT fts3_tokenizer('simple', x'00')", "SELECT sqlite3mc_config('cipher')", "SELECT sqlite_crypt('a', 'b')",
		"SELECT sqlite_rename_table(1, 2, 3, 4, 5, 6, 7)", "SELECT icu_load_collation('a', 'b')", "SELECT sqlite_log(1, 'x')",
	}},
	{name: "another database is attached", code: "SQLITE_AUTH", texts: []string{
		`ATTACH "other-db" AS o`, "ATTACH ':memory:' AS o", "ATTACH 'eve' AS o", "DETACH main",
	}},
	{name: "a database is copied to a file", texts: []string{"VACUUM INTO 'eve'", "VACUUM main INTO 'eve'"}},
	{name: "raw pages are shown", code: "SQLITE_AUTH", texts: []string{
		"SELECT data FROM sqlite_dbpage", "SELECT * FROM sqlite_dbdata", "SELECT * FROM sqlite_dbptr",
	}},
	{name: "a write lock is held", code: "SQLITE_AUTH", texts: []string{"BEGIN CONCURRENT", "BEGIN TRANSACTION IMMEDIATE", "BEGIN IMMEDIATE EXCLUSIVE"}},
	{name: "the parser's stack is exhausted", code: "SQLITE_AUTH", texts: []string{
		"SELECT 1" + strings.Repeat("+1", 40_000), "SELECT 1 WHERE 1" + strings.Repeat(" OR 1", 40_000),
		"SELECT " + strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300),
	}},
	{name: "two parsers cut the text differently", code: "SQLITE_AUTH", texts: []string{
		"SELECT $x('); DELETE FROM users; --')", "SELECT @a::b('); DELETE FROM users; --')", "SELECT #1", "SELECT 1 /* open", "SELECT 1 /*", "SELECT 'open",
		"SELECT \ufeff1", "SELECT '\x00'", "SELECT \v1", "SELECT x'1'", "SELECT 1users",
	}},
	{name: "what no SQLite runs", code: "SQLITE_AUTH", texts: []string{"(SELECT 1)", "TABLE users", "KILL 1", "CALL x()"}},
}

func TestEveryAbuseIsRefusedAtEveryDoor(t *testing.T) {
	h := startHouse(t)
	w := h.furnishForAbuse(t)
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	t.Logf("a read-only token:\n%s", h.verdicts(t, reader, abuses, w))
	w.wantUnharmed()
}
