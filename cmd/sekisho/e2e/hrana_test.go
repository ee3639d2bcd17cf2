package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
)

// result is one result of a pipeline.
type result struct {
	Type     string
	Response struct {
		Result struct {
			Rows [][]struct{ Value any }
		}
	}
	Error struct{ Message, Code string }
}

// pipeline writes SQL texts as a pipeline that closes its stream.
func pipeline(sql ...string) string {
	type statement struct {
		SQL string `json:"sql"`
	}
	type request struct {
		Type string     `json:"type"`
		Stmt *statement `json:"stmt,omitempty"`
	}
	var requests []request
	for _, text := range sql {
		requests = append(requests, request{Type: "execute", Stmt: &statement{SQL: text}})
	}
	body, err := json.Marshal(map[string]any{"requests": append(requests, request{Type: "close"})})
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(body)
}

// url is where a database listens.
func (h *house) url(database string) string { return "http://" + h.Listener[database] }

// query asks a database with a token.
func (h *house) query(ctx context.Context, database, token string, sql ...string) (answer, error) {
	return call(ctx, http.MethodPost, h.url(database)+"/v2/pipeline", token, pipeline(sql...))
}

func (h *house) mustQuery(t *testing.T, database, token string, sql ...string) answer {
	t.Helper()
	a, err := h.query(t.Context(), database, token, sql...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// results reads the answer to a pipeline.
func (a answer) results(t *testing.T) []result {
	t.Helper()
	a.wantStatus(t, http.StatusOK)
	var reply struct{ Results []result }
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		t.Fatalf("%v in the reply to a pipeline: %s", err, a.body)
	}
	return reply.Results
}

// execute runs statements that must succeed, and gives the first value of the last.
func (h *house) execute(t *testing.T, database, token string, sql ...string) any {
	t.Helper()
	results := h.mustQuery(t, database, token, sql...).results(t)
	for i, text := range sql {
		if results[i].Type != "ok" {
			t.Fatalf("%s: %+v", text, results[i].Error)
		}
	}
	rows := results[len(sql)-1].Response.Result.Rows
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil
	}
	return rows[0][0].Value
}

// furnish makes a table of users in a database, and gives a full-access token.
func (h *house) furnish(t *testing.T, database string) string {
	t.Helper()
	full := h.mint(t, "databases/"+database, "authorization=full-access", "").JWT
	h.execute(t, database, full,
		"CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
		"INSERT INTO users (name) VALUES ('Ada of "+database+"'), ('Grace of "+database+"')")
	return full
}

// users counts the rows that furnish made.
func (h *house) users(t *testing.T, database, token string) any {
	t.Helper()
	return h.execute(t, database, token, "SELECT count(*) FROM users")
}

// rows writes down all rows of all results: two equal texts are two equal databases.
func (a answer) rows(t *testing.T) string {
	t.Helper()
	var all [][][]struct{ Value any }
	for _, r := range a.results(t) {
		all = append(all, r.Response.Result.Rows)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
