package libsql_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// beyond are texts that reach for more than the database of their token.
var beyond = []string{
	"SELECT readfile('/etc/passwd')", "INSERT INTO t VALUES (readfile('x'))", "SELECT writefile('x', 'y')", "SELECT edit('x')", "SELECT * FROM fsdir WHERE path = '/'",
	"SELECT sha3_query('ATTACH ''x'' AS z')", "SELECT load_extension('x')", "ATTACH 'x' AS y", "VACUUM INTO 'x'", "UPDATE sqlite_dbpage SET data = x'00'",
	"PRAGMA hard_heap_limit = 1", "EXPLAIN QUERY PLAN PRAGMA hard_heap_limit = 1", "PRAGMA temp_store_directory = '/'", "PRAGMA cache_size = 1000000",
	"CREATE VIEW v AS SELECT readfile('x')", "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT readfile('x'); END",
	"INSERT INTO t VALUES (1); SELECT readfile('x')",
}

func untrustedSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.gate = newGate(t, libsql.Options{Untrusted: true, MaxBody: 1 << 20, MaxSteps: 100})
	return s
}

func TestFullAccessThatIsNotTrustedStaysWithinItsDatabase(t *testing.T) {
	s := untrustedSite(t)
	baton := s.begin("full")
	for line, bodies := range doors {
		for _, body := range bodies {
			for _, sql := range beyond {
				quoted, err := json.Marshal(sql)
				if err != nil {
					t.Fatal(err)
				}
				response, answer := s.send(line, "full", strings.NewReplacer("%s", string(quoted), `"baton":"b"`, `"baton":"`+baton+`"`).Replace(body))
				reason, _ := s.decided()
				for _, sent := range s.requests() {
					if sent.body != `{"requests":[]}` {
						t.Fatalf("%s with %q: the server got %s", line, sql, sent.body)
					}
				}
				if !refusedInProtocol(line, response.StatusCode, answer) || reason != refusal.BeyondDatabase || strings.Contains(answer, "read-only") {
					t.Errorf("%s with %q: %d %s %s", line, sql, response.StatusCode, reason, answer)
				}
			}
		}
	}
}

func TestFullAccessThatIsNotTrustedWritesThroughEveryDoor(t *testing.T) {
	for line, bodies := range doors {
		for _, body := range bodies {
			s := untrustedSite(t)
			body = strings.NewReplacer("%s", `"/* x */ INSERT INTO t VALUES ('PRAGMA x');"`, `"baton":"b"`, `"baton":"`+s.begin("full")+`"`).Replace(body)
			response, answer := s.send(line, "full", body)
			if response.StatusCode != 200 || len(s.requests()) != 1 || s.locked != 0 {
				t.Fatalf("%s %s: %d %s", line, body, response.StatusCode, answer)
			}
			if sent := s.requests()[0].body; !strings.Contains(sent, `"INSERT INTO t VALUES ('PRAGMA x')"`) {
				t.Errorf("%s: sent %s", line, sent)
			}
		}
	}
}

func TestPragmasAndLocksOfFullAccessGoOnAsTheyAre(t *testing.T) {
	s := untrustedSite(t)
	const body = `{"requests":[{"type":"execute","stmt":{"sql":"PRAGMA foreign_key_list(t)"}},{"type":"execute","stmt":{"sql":"PRAGMA user_version = 5"}},{"type":"execute","stmt":{"sql":"PRAGMA/**/user_version=+5"}},{"type":"execute","stmt":{"sql":"BEGIN IMMEDIATE"}}]}`
	if s.send("POST /v2/pipeline", "full", body); s.requests()[0].body != body {
		t.Errorf("the server got %s", s.requests()[0].body)
	}
}

func TestFullAccessAttachesOnlyWhatItsTokenMay(t *testing.T) {
	const attach, refused = `"/* x */ Attach database \"other-db\" AS o;"`, "This token may not attach this database."
	for line, bodies := range doors {
		for _, body := range bodies {
			for credential, may := range map[string]bool{"full": false, "attaching": true} {
				s := untrustedSite(t)
				body := strings.NewReplacer("%s", attach, `"baton":"b"`, `"baton":"`+s.begin(credential)+`"`).Replace(body)
				response, answer := s.send(line, credential, body)
				reason, _ := s.decided()
				reached := slices.ContainsFunc(s.requests(), func(r seen) bool { return strings.Contains(r.body, `Attach database \"other-db\" AS o"`) })
				switch {
				case reached != may:
					t.Errorf("%s with %s reached the server: %t", line, credential, reached)
				case !may && (!refusedInProtocol(line, response.StatusCode, answer) || reason != refusal.BeyondDatabase || !strings.Contains(answer, refused)):
					t.Errorf("%s: %d %s %s", line, response.StatusCode, reason, answer)
				}
			}
		}
	}
}

func TestNoNameThatATokenMayNotAttachIsToldFromAnother(t *testing.T) {
	s := untrustedSite(t)
	answers := map[string]bool{}
	for _, name := range []string{"my-db", "other-db", "gone-db", "no-such-db", "Other-DB"} {
		_, answer := s.send("POST /v2/pipeline", "full", `{"requests":[{"type":"execute","stmt":{"sql":"ATTACH [`+name+`] AS o"}},{"type":"close"}]}`)
		answers[answer] = true
	}
	if len(answers) != 1 || len(s.requests()) > 0 {
		t.Errorf("%d answers: %v", len(answers), answers)
	}
}

func TestReadOnlyTokensAreNoMoreTrustedThanElsewhere(t *testing.T) {
	s := untrustedSite(t)
	_, answer := s.send("POST /v2/pipeline", "read", `{"requests":[{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}}]}`)
	if reason, _ := s.decided(); reason != refusal.ReadOnlyToken || !strings.Contains(answer, "SQLITE_READONLY") {
		t.Errorf("%s %s", reason, answer)
	}
}
