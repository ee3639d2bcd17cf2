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

func TestAReadOnlyTransactionHoldsNoWriterUp(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	for _, begin := range []string{"BEGIN IMMEDIATE", "/* now */ begin exclusive transaction"} {
		reader := h.stream(t, "my-db", h.mint(t, myDB, "authorization=read-only", "").JWT)
		reader.run(begin)
		before := reader.run("SELECT count(*) FROM users")
		h.execute(t, "my-db", full, "INSERT INTO users (name) VALUES ('Edsger')")
		if now := reader.run("SELECT count(*) FROM users"); now != before {
			t.Errorf("%s: %v users became %v in one transaction", begin, before, now)
		}
		reader.run("COMMIT")
	}
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

func TestARevokedTokenDoesNotHarmTheStreamOfAnother(t *testing.T) {
	h := startHouse(t)
	s := h.stream(t, "my-db", h.furnish(t, "my-db"))
	revoked := h.mint(t, myDB, "authorization=full-access", "")
	h.mustRevoke(t, myDB, revoked.ID)
	s.run("BEGIN IMMEDIATE")
	s.run("INSERT INTO users (name) VALUES ('Edsger')")
	s.use(revoked.JWT, s.baton, "ROLLBACK").wantStatus(t, http.StatusUnauthorized)
	s.run("COMMIT")
	if n := s.run("SELECT count(*) FROM users"); n != "3" {
		t.Errorf("%v users", n)
	}
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

// Views that write when they are read, though SQLite says of the statement that it
// only reads, with what is read before on the same stream.
var traps = map[string]struct {
	view   string
	before string
	count  string // grows or falls when the view has written
}{
	"a full-text index is merged": {
		"CREATE VIEW trap AS SELECT optimize(words) FROM words", "SELECT 1", "SELECT count(*) FROM words_segdir",
	},
	"statistics are written": {
		"CREATE VIEW trap AS SELECT * FROM pragma_optimize(0x10002)", "SELECT * FROM users WHERE name = 'Ada'",
		"SELECT count(*) FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'",
	},
}

func TestAViewThatHidesAWriteIsRefusedByTheServer(t *testing.T) {
	for name, trap := range traps {
		t.Run(name, func(t *testing.T) {
			h := startHouse(t)
			full := h.furnish(t, "my-db")
			h.execute(t, "my-db", full, "CREATE INDEX users_name ON users (name)",
				"CREATE VIRTUAL TABLE words USING fts4(body)", "INSERT INTO words VALUES ('a')", "INSERT INTO words VALUES ('b')", trap.view)
			count := func() any { return h.execute(t, "my-db", full, trap.count) }
			before := count()
			reader := h.mint(t, myDB, "authorization=read-only", "").JWT
			a := h.mustQuery(t, "my-db", reader, trap.before, "SELECT * FROM trap")
			if r := a.results(t)[1]; r.Error.Code != "SQLITE_READONLY" || !strings.Contains(r.Error.Message, "readonly database") {
				t.Errorf("the view gives %+v", r)
			}
			if after := count(); after != before {
				t.Errorf("there were %v and are %v", before, after)
			}
			h.execute(t, "my-db", full, trap.before, "SELECT * FROM trap")
			if after := count(); after == before {
				t.Error("the view writes for nobody: it proves nothing")
			}
		})
	}
}
