package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// reads are what a read-only token may do.
var reads = map[string]string{
	"select":     "SELECT name FROM users",
	"values":     "VALUES (1), (2)",
	"with":       "WITH a AS (SELECT 1 AS n) SELECT n FROM a",
	"explain":    "EXPLAIN QUERY PLAN SELECT * FROM users",
	"table info": "PRAGMA table_info(users)",
}

// writes are what it may not, with the code that SQLite has for the case.
var writes = map[string]struct{ sql, code string }{
	"insert":               {"INSERT INTO users (name) VALUES ('Eve')", "SQLITE_READONLY"},
	"insert, returning":    {"INSERT INTO users (name) VALUES ('Eve') RETURNING id", "SQLITE_READONLY"},
	"replace":              {"REPLACE INTO users (id, name) VALUES (1, 'Eve')", "SQLITE_READONLY"},
	"update":               {"UPDATE users SET name = 'Eve'", "SQLITE_READONLY"},
	"delete":               {"DELETE FROM users", "SQLITE_READONLY"},
	"delete behind with":   {"WITH a AS (SELECT 1) DELETE FROM users", "SQLITE_READONLY"},
	"delete in comments":   {"/* SELECT */ DELETE -- SELECT\nFROM users", "SQLITE_READONLY"},
	"create table":         {"CREATE TABLE eve (id)", "SQLITE_READONLY"},
	"alter table":          {"ALTER TABLE users ADD COLUMN eve", "SQLITE_READONLY"},
	"drop table":           {"DROP TABLE users", "SQLITE_READONLY"},
	"create index":         {"CREATE INDEX eve ON users (name)", "SQLITE_READONLY"},
	"create view":          {"CREATE VIEW eve AS SELECT 1", "SQLITE_READONLY"},
	"create trigger":       {"CREATE TRIGGER eve AFTER INSERT ON users BEGIN SELECT 1; END", "SQLITE_READONLY"},
	"create virtual":       {"CREATE VIRTUAL TABLE eve USING fts5(a)", "SQLITE_READONLY"},
	"reindex":              {"REINDEX", "SQLITE_READONLY"},
	"vacuum":               {"VACUUM", "SQLITE_READONLY"},
	"analyze":              {"ANALYZE", "SQLITE_READONLY"},
	"setting a pragma":     {"PRAGMA user_version = 7", ""},
	"attach":               {`ATTACH "other-db" AS eve`, "SQLITE_AUTH"},
	"reading a file":       {"SELECT readfile('/etc/passwd')", "SQLITE_AUTH"},
	"writing a file":       {"SELECT writefile('eve', 'x')", "SQLITE_AUTH"},
	"another database":     {"SELECT sha3_query('ATTACH ''data'' AS z')", "SQLITE_AUTH"},
	"a process-wide limit": {"EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 100000", "SQLITE_AUTH"},
}

// outcome is what a client made of one attempt.
type outcome struct {
	Rows          *int
	Code, Message string
}

// attempt runs SQL texts with @libsql/client, in each of its ways.
func (h *house) attempt(t *testing.T, token string, texts map[string]string) map[string]map[string]outcome {
	t.Helper()
	attempts, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	printed := node(t, testrig.Script{Path: "testdata/clients/readonly.mjs", Env: []string{
		"DB_URL=" + h.url("my-db"), "DB_TOKEN=" + token, "ATTEMPTS=" + string(attempts),
	}})
	var outcomes map[string]map[string]outcome
	if err := json.Unmarshal([]byte(printed), &outcomes); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
	return outcomes
}

func TestAReadOnlyTokenReadsThroughTheClient(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	outcomes := h.attempt(t, reader, reads)
	for name := range reads {
		for way, got := range outcomes[name] {
			if got.Rows == nil || *got.Rows == 0 {
				t.Errorf("%s by %s: %+v", name, way, got)
			}
		}
	}
}

func TestAReadOnlyTokenIsRefusedEveryWriteWithAMessageThatTheClientShows(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	before := h.dump(t, full)

	texts := map[string]string{}
	for name, write := range writes {
		texts[name] = write.sql
	}
	for name, ways := range h.attempt(t, reader, texts) {
		for way, got := range ways {
			want := writes[name].code
			if got.Rows != nil || !strings.HasPrefix(got.Code, "SQLITE_") || want != "" && got.Code != want {
				t.Errorf("%s by %s: %+v, want code %s", name, way, got, want)
			}
			if reason := strings.TrimPrefix(got.Message, got.Code+": "); reason == "" || want == "SQLITE_READONLY" && !strings.Contains(reason, "read-only") {
				t.Errorf("%s by %s: the client shows %q", name, way, got.Message)
			}
		}
	}
	if after := h.dump(t, full); after != before {
		t.Errorf("the database was changed from\n%s\nto\n%s", before, after)
	}
}

// dump is the whole content of my-db, in words.
func (h *house) dump(t *testing.T, full string) string {
	t.Helper()
	return h.mustQuery(t, "my-db", full, "SELECT sql FROM sqlite_schema", "SELECT * FROM users", "PRAGMA user_version").
		wantStatus(t, http.StatusOK).rows(t)
}

// cursor runs one statement through /v3/cursor, and gives the types of the entries
// that came back and the code of the last error.
func (h *house) cursor(t *testing.T, token, sql string) (types, code string) {
	t.Helper()
	body := `{"batch":{"steps":[{"stmt":{"sql":"` + sql + `"}}]}}`
	a := mustCall(t, http.MethodPost, h.url("my-db")+"/v3/cursor", token, body).wantStatus(t, http.StatusOK)
	_, entries, _ := strings.Cut(a.body, "\n")
	var list []string
	for line := range strings.Lines(entries) {
		var entry struct {
			Type  string
			Error struct{ Code string }
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		list = append(list, entry.Type)
		code = entry.Error.Code
	}
	return strings.Join(list, " "), code
}

func TestAReadOnlyTokenAtTheCursor(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	if types, _ := h.cursor(t, reader, "SELECT name FROM users"); !strings.HasPrefix(types, "step_begin row row step_end") {
		t.Errorf("a SELECT gives %q", types)
	}
	if types, code := h.cursor(t, reader, "DELETE FROM users"); types != "step_error" || code != "SQLITE_READONLY" {
		t.Errorf("a DELETE gives %q, code %q", types, code)
	}
	if n := h.users(t, "my-db", reader); n != "2" {
		t.Errorf("%v users are left", n)
	}
}

func TestAReadOnlyTokenWithTheServerlessClient(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	printed := node(t, testrig.Script{Path: "testdata/clients/serverless.mjs", Env: []string{"DB_URL=" + h.url("my-db"), "DB_TOKEN=" + reader}})
	var got struct {
		Rows    int
		Refused string
	}
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
	if got.Rows != 2 || !strings.Contains(got.Refused, "read-only") {
		t.Errorf("%+v", got)
	}
}
