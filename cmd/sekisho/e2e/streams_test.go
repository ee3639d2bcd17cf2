package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// stream is an interactive stream, as a client keeps it.
type stream struct {
	t     *testing.T
	url   string
	token string
	baton string
}

func (h *house) stream(t *testing.T, database, token string) *stream {
	return &stream{t: t, url: h.url(database), token: token}
}

// use sends a statement with a baton.
func (s *stream) use(token, baton, sql string) answer {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{
		"baton":    &baton,
		"requests": []any{map[string]any{"type": "execute", "stmt": map[string]any{"sql": sql}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	text := string(body)
	if baton == "" {
		text = strings.Replace(text, `"baton":"",`, "", 1)
	}
	return mustCall(s.t, http.MethodPost, s.url+"/v3/pipeline", token, text)
}

// run goes on with the stream, or begins it, and wants the statement to succeed.
func (s *stream) run(sql string) any {
	s.t.Helper()
	a := s.use(s.token, s.baton, sql)
	r := a.results(s.t)[0]
	if r.Type != "ok" {
		s.t.Fatalf("%s: %+v", sql, r.Error)
	}
	var reply struct{ Baton string }
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		s.t.Fatal(err)
	}
	s.baton = reply.Baton
	if rows := r.Response.Result.Rows; len(rows) > 0 {
		return rows[0][0].Value
	}
	return nil
}

func TestNobodyElseUsesAStreamAndItsOwnerGoesOn(t *testing.T) {
	h := startHouse(t)
	owner := h.furnish(t, "my-db")
	h.furnish(t, "other-db")
	group := h.mint(t, "groups/production", "authorization=full-access", "").JWT
	for name, thief := range map[string]struct{ token, database string }{
		"another token of the same rights": {h.mint(t, myDB, "authorization=full-access", "").JWT, "my-db"},
		"a read-only token":                {h.mint(t, myDB, "authorization=read-only", "").JWT, "my-db"},
		"a group token":                    {group, "my-db"},
		"a token for another database":     {h.mint(t, "databases/other-db", "authorization=full-access", "").JWT, "other-db"},
	} {
		t.Run(name, func(t *testing.T) {
			s := h.stream(t, "my-db", owner)
			s.run("BEGIN IMMEDIATE")
			s.run("INSERT INTO users (name) VALUES ('Edsger')")
			stolen := &stream{t: t, url: h.url(thief.database)}
			for _, sql := range []string{"SELECT count(*) FROM users", "COMMIT", "ROLLBACK"} {
				if a := stolen.use(thief.token, s.baton, sql); a.status != http.StatusBadRequest || a.code() != "STREAM_NOT_YOURS" {
					t.Errorf("%s: %d %s", sql, a.status, a.body)
				}
			}
			s.run("ROLLBACK")
			if n := s.run("SELECT count(*) FROM users"); n != "2" {
				t.Errorf("%v users", n)
			}
		})
	}
	t.Run("the same token at another database", func(t *testing.T) {
		s := h.stream(t, "my-db", group)
		s.run("BEGIN IMMEDIATE")
		elsewhere := &stream{t: t, url: h.url("other-db")}
		if a := elsewhere.use(group, s.baton, "COMMIT"); a.code() != "STREAM_NOT_YOURS" {
			t.Errorf("%d %s", a.status, a.body)
		}
		s.run("COMMIT")
	})
}

func TestABatonIsUsedOnce(t *testing.T) {
	h := startHouse(t)
	s := h.stream(t, "my-db", h.furnish(t, "my-db"))
	s.run("BEGIN IMMEDIATE")
	old := s.baton
	s.run("INSERT INTO users (name) VALUES ('Edsger')")
	h.stream(t, "my-db", s.token).use(s.token, old, "ROLLBACK").wantStatus(t, http.StatusBadRequest)
	s.run("COMMIT")
	if n := s.run("SELECT count(*) FROM users"); n != "3" {
		t.Errorf("%v users", n)
	}
}

func TestARevokedTokenLosesItsStream(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	token := h.mint(t, myDB, "authorization=full-access", "")
	s := h.stream(t, "my-db", token.JWT)
	s.run("BEGIN IMMEDIATE")
	h.mustRevoke(t, myDB, token.ID)
	s.use(s.token, s.baton, "COMMIT").wantStatus(t, http.StatusUnauthorized)
}

func TestAStreamGoesOnThroughAnyGateOfTheFleet(t *testing.T) {
	first := startHouse(t, withRedis(startRedis(t)))
	second := first.neighbour(t)
	first.furnish(t, "my-db")
	for _, access := range []string{"full-access", "read-only"} {
		token := first.mint(t, myDB, "authorization="+access, "").JWT
		s := first.stream(t, "my-db", token)
		for i, sql := range []string{"BEGIN", "SELECT count(*) FROM users", "SAVEPOINT a", "SELECT 1", "COMMIT", "SELECT 2"} {
			s.url = []*house{first, second}[i%2].url("my-db")
			s.run(sql)
		}
	}
}

// hidden is a view that merges a full-text index when it is read, which SQLite
// calls a statement that only reads.
const hidden = "CREATE VIEW hidden AS SELECT optimize(texts) FROM texts"

func TestAViewThatHidesAWriteIsRefusedByTheServer(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	h.execute(t, "my-db", full, "CREATE VIRTUAL TABLE texts USING fts4(body)", "INSERT INTO texts VALUES ('a')", "INSERT INTO texts VALUES ('b')", hidden)
	segments := func() any { return h.execute(t, "my-db", full, "SELECT count(*) FROM texts_segdir") }
	before := segments()
	read := h.mint(t, myDB, "authorization=read-only", "").JWT
	for path, body := range map[string]string{
		"/":            `{"statements":["SELECT * FROM hidden"]}`,
		"/v1/execute":  `{"stmt":{"sql":"SELECT * FROM hidden"}}`,
		"/v1/batch":    `{"batch":{"steps":[{"stmt":{"sql":"SELECT * FROM hidden"}}]}}`,
		"/v2/pipeline": pipeline("SELECT * FROM hidden"),
		"/v3/pipeline": `{"requests":[{"type":"sequence","sql":"SELECT 1; SELECT * FROM hidden"}]}`,
		"/v3/cursor":   `{"batch":{"steps":[{"stmt":{"sql":"SELECT * FROM hidden"}}]}}`,
	} {
		a := mustCall(t, http.MethodPost, h.url("my-db")+path, read, body)
		if !strings.Contains(a.body, "readonly database") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if after := segments(); after != before {
		t.Errorf("the index had %v segments and has %v", before, after)
	}
}
