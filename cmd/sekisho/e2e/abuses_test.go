package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// abuses is what a read-only token is refused through every door: a statement or
// a few for each class, with the tables of furnish.
var abuses = []struct {
	class string
	code  string
	texts []string
}{
	{"rows are written", "SQLITE_READONLY", []string{"DELETE FROM users", "INSERT INTO users (name) VALUES ('Eve') RETURNING id", "WITH x AS (SELECT 1) UPDATE users SET name = 'Eve'"}},
	{"the schema is changed", "SQLITE_READONLY", []string{"CREATE TABLE eve (a)", "CREATE TEMP TABLE eve (a)", "DROP VIEW IF EXISTS absent", "REINDEX", "VACUUM"}},
	{"a full-text index is merged by a SELECT", "SQLITE_READONLY", []string{"SELECT optimize(words) FROM words", `SELECT 1 FROM words ORDER BY "Optimize" /**/ (words)`}},
	{"statistics are written by a SELECT", "SQLITE_READONLY", []string{"SELECT * FROM pragma_optimize", "SELECT 1 IN main.'pragma_optimize'"}},
	{"a field of the database is set", "SQLITE_READONLY", []string{"PRAGMA user_version = 7", "PRAGMA main.'application_id'(7)"}},
	{"the connection is set", "SQLITE_AUTH", []string{"PRAGMA query_only = 0", "PRAGMA writable_schema(1)", "EXPLAIN QUERY PLAN PRAGMA foreign_keys = 0"}},
	{"the whole process is limited", "SQLITE_AUTH", []string{"PRAGMA hard_heap_limit = 1000000000", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 1000000000", "PRAGMA soft_heap_limit(1000000000)"}},
	{"a file of the server is read or written", "SQLITE_AUTH", []string{"SELECT readfile('canary')", "SELECT writefile('eve', 'x')", "SELECT * FROM fsdir WHERE path = '.'", "VALUES (lsmode(1))"}},
	{"SQL runs inside a function", "SQLITE_AUTH", []string{"SELECT sha3_query('SELECT 1')", "SELECT hex(sha3_query('ATTACH ''data.sqld'' AS z'))"}},
	{"code or settings are loaded", "SQLITE_AUTH", []string{"SELECT load_extension('x')", "SELECT fts3_tokenizer('simple', x'00')", "SELECT sqlite3mc_config('cipher')"}},
	{"another database is attached", "SQLITE_AUTH", []string{`ATTACH "other-db" AS o`, "ATTACH ':memory:' AS o", "DETACH main"}},
	{"raw pages are shown", "SQLITE_AUTH", []string{"SELECT data FROM sqlite_dbpage"}},
	{"a write lock is held", "SQLITE_AUTH", []string{"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE TRANSACTION"}},
	{"the parser's stack is exhausted", "SQLITE_AUTH", []string{"SELECT 1" + strings.Repeat("+1", 40_000), "SELECT " + strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300)}},
	{"two parsers cut the text differently", "SQLITE_AUTH", []string{"SELECT $x('); DELETE FROM users; --')", "SELECT 1 /* open", "SELECT \ufeff1", "SELECT '\x00'"}},
}

// A write behind a read goes through the doors that take several statements; the
// others refuse it for being several.
var severalStatements = []string{"SELECT 1; DELETE FROM users", "SELECT 1; SELECT 1 1 DELETE FROM users"}

func TestEveryAbuseIsRefusedAtEveryDoor(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	otherFull := h.furnish(t, "other-db")
	h.execute(t, "my-db", full, "CREATE VIRTUAL TABLE words USING fts4(body)", "INSERT INTO words VALUES ('one'), ('two')")
	canary := filepath.Join(h.sqldDir, "canary")
	if err := os.WriteFile(canary, []byte("tweet"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	before, otherBefore, files := h.everything(t, "my-db", full), h.everything(t, "other-db", otherFull), h.files(t)

	t.Logf("a read-only token:\n%s", h.verdicts(t, reader))

	h.wantUnharmed(t, full)
	if after := h.everything(t, "my-db", full); after != before {
		t.Errorf("the database was changed from\n%s\nto\n%s", before, after)
	}
	if after := h.everything(t, "other-db", otherFull); after != otherBefore {
		t.Errorf("the other database was changed from\n%s\nto\n%s", otherBefore, after)
	}
	if after := h.files(t); after != files {
		t.Errorf("the files of the server were\n%s\nand are\n%s", files, after)
	}
	if text, err := os.ReadFile(canary); string(text) != "tweet" {
		t.Errorf("the file beside the database is now %q, %v", text, err)
	}
}

// verdicts asks every door for everything, and gives the table of what came of it.
func (h *house) verdicts(t *testing.T, token string) string {
	t.Helper()
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	row := func(title string, cell func(door) string) {
		fmt.Fprint(rows, title)
		for _, d := range doors {
			fmt.Fprintf(rows, "\t%s", cell(d))
		}
		fmt.Fprintln(rows)
	}
	row("what we refuse", func(d door) string { return d.name })
	row("(a plain read)", func(d door) string { return h.worst(t, d, token, "PASSED", []string{"SELECT name FROM users"}) })
	for _, abuse := range abuses {
		row(abuse.class, func(d door) string { return h.worst(t, d, token, abuse.code, abuse.texts) })
	}
	row("a write behind a read", func(d door) string { return h.worst(t, d, token, "", severalStatements) })
	if err := rows.Flush(); err != nil {
		t.Fatal(err)
	}
	return table.String()
}

// worst asks a door for every text, and gives the verdict that is not the one
// wanted, if there is one.
func (h *house) worst(t *testing.T, d door, token, want string, texts []string) (verdict string) {
	t.Helper()
	for _, sql := range texts {
		a := d.ask(t, h, token, sql)
		verdict = a.verdict()
		switch {
		case verdict == "shut", verdict == want, verdict == "refused" && want != "PASSED":
		case want == "" && strings.HasPrefix(verdict, "SQLITE_"):
		default:
			t.Errorf("%s: %.80q gives %s, want %s: %.300s", d.name, sql, verdict, want, a.body)
			return verdict + "!"
		}
	}
	return strings.TrimPrefix(verdict, "SQLITE_")
}

// wantUnharmed wants the server to be alive and to take a write at once.
func (h *house) wantUnharmed(t *testing.T, full string) {
	t.Helper()
	select {
	case <-h.sqld.Exited():
		t.Fatalf("the libSQL server has ended:\n%s", h.sqld.Log())
	default:
	}
	start := time.Now()
	h.execute(t, "my-db", full, "UPDATE users SET name = name")
	if waited := time.Since(start); waited > 2*time.Second {
		t.Errorf("a write had to wait %s for a lock", waited)
	}
}
