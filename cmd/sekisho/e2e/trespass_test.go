package e2e

import (
	"strings"
	"testing"
)

// trespasses is what a full-access token too is refused through every door, where
// several databases share the server.
var trespasses = []class{
	{name: "a file of the server is read or written", code: "SQLITE_AUTH", texts: []string{
		"SELECT readfile('canary')", "INSERT INTO users (name) VALUES (readfile('canary'))", "UPDATE users SET name = writefile('eve', 'x')",
		"SELECT * FROM fsdir WHERE path = '.'", "CREATE TABLE eve AS SELECT * FROM fsdir('.')", "CREATE VIRTUAL TABLE eve USING fsdir", "VALUES (lsmode(1))",
		"VACUUM INTO 'eve'", "SELECT edit('x')",
	}},
	{name: "a file is named where it is read later", code: "SQLITE_AUTH", texts: []string{
		"CREATE VIEW eve AS SELECT readfile('canary')", "CREATE TRIGGER eve AFTER INSERT ON users BEGIN SELECT writefile('eve', 'x'); END",
		"CREATE TABLE eve (a DEFAULT (readfile('canary')))", "CREATE TABLE eve (a CHECK (readfile(a) = 1))", "CREATE INDEX eve ON users (readfile(name))",
		"CREATE TABLE eve (a, b GENERATED ALWAYS AS (readfile(a)))", "CREATE TEMP VIEW eve AS SELECT \"readfile\" ('canary')",
		"PRAGMA writable_schema = 1",
	}},
	{name: "code or settings are loaded", code: "SQLITE_AUTH", texts: []string{
		"SELECT load_extension('x')", "INSERT INTO users (name) VALUES (load_extension('x'))", "SELECT fts3_tokenizer('simple', x'00')",
		"SELECT sqlite3mc_config('cipher')", "SELECT icu_load_collation('a', 'b')", "SELECT sqlite_rename_table(1, 2, 3, 4, 5, 6, 7)", "PRAGMA key = 'x'", "PRAGMA rekey = 'x'",
	}},
	{name: "SQL runs inside a function", code: "SQLITE_AUTH", texts: []string{
		"SELECT sha3_query('SELECT 1')", "INSERT INTO users (name) VALUES (sha3_query('ATTACH ''data.sqld/dbs/other-db/data'' AS o'))",
		"SELECT eval('SELECT 1')", "SELECT * FROM bytecode('PRAGMA cache_size = 9')", "CREATE VIEW eve AS SELECT sha3_query('SELECT 1')",
	}},
	{name: "the whole process is limited or set", code: "SQLITE_AUTH", texts: []string{
		"PRAGMA hard_heap_limit = 1000000000", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 1000000000", "EXPLAIN PRAGMA soft_heap_limit = 9",
		"PRAGMA 'soft_heap_limit'(1000000000)", "PRAGMA main.hard_heap_limit=+1000000000", "PRAGMA temp_store_directory = '.'", "PRAGMA mmap_size = 1",
		"PRAGMA cache_size = 1000000", "PRAGMA locking_mode = exclusive", "PRAGMA threads = 9", "PRAGMA wal_checkpoint(truncate)", "PRAGMA journal_mode = delete",
	}},
	{name: "a database file is attached", code: "SQLITE_AUTH", texts: []string{
		"ATTACH 'data.sqld/dbs/other-db/data' AS o", "ATTACH ':memory:' AS o", "ATTACH 'file:' || 'eve' AS o", "ATTACH DATABASE ('eve') AS o",
		"EXPLAIN ATTACH 'eve' AS o",
	}},
	{name: "another database is attached", code: "SQLITE_AUTH", texts: []string{
		`ATTACH "other-db" AS o`, `ATTACH DATABASE "other-db" AS o`, `ATTACH [other-db] AS o`,
	}},
	{name: "raw pages are shown or written", code: "SQLITE_AUTH", texts: []string{
		"SELECT data FROM sqlite_dbpage", "UPDATE sqlite_dbpage SET data = x'00'", "SELECT * FROM sqlite_dbdata",
	}},
	{name: "the parser's stack is exhausted", code: "SQLITE_AUTH", texts: []string{
		"SELECT 1" + strings.Repeat("+1", 40_000), "INSERT INTO users (name) VALUES (1" + strings.Repeat(" OR 1", 40_000) + ")",
	}},
	{name: "two parsers cut the text differently", code: "SQLITE_AUTH", texts: []string{
		"SELECT $x('); SELECT readfile(''canary''); --')", "SELECT 1 /* open", "SELECT \ufeff1", "SELECT '\x00'",
	}},
	{name: "any of it behind a write", code: "SQLITE_AUTH", texts: []string{
		"UPDATE users SET name = 'Eve'; SELECT readfile('canary')", "UPDATE users SET name = 'Eve'; SELECT 1 1 SELECT readfile('canary')",
		";;PRAGMA hard_heap_limit = 1000000000",
	}},
}

func TestAFullAccessTokenStaysWithinItsDatabaseAtEveryDoor(t *testing.T) {
	h := startHouse(t)
	w := h.furnishForAbuse(t)
	writer := h.mint(t, myDB, "authorization=full-access", "").JWT
	t.Logf("a full-access token, where databases share a server:\n%s", h.verdicts(t, writer, trespasses, w))
	w.wantUnharmed()
}

// Signs, quotes and comments in a pragma are the business of the server, and no
// reason for the gate to fall.
func TestEverySpellingOfAPragmaIsTakenFromAFullAccessToken(t *testing.T) {
	h := startHouse(t)
	h.owner = h.furnish(t, "my-db")
	writer := h.mint(t, myDB, "authorization=full-access", "").JWT
	for _, sql := range []string{
		"PRAGMA/**/user_version=+7", "PRAGMA user_version = -7", "PRAGMA user_version = 'a'", "PRAGMA user_version(+7)", `PRAGMA main."user_version"`,
		"PRAGMA foreign_key_check", "PRAGMA table_info(-1)", "PRAGMA table_info = +1", "PRAGMA index_list()", "PRAGMA user_version =", "PRAGMA", "PRAGMA main.",
	} {
		for _, d := range doors {
			d.ask(t, h, writer, sql)
		}
	}
	if strings.Contains(h.gate.Log(), "panic") {
		t.Error("the gate has panicked")
	}
	h.users(t, "my-db", writer)
}
