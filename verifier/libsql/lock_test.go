package libsql_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// beginnings are the requests that begin a stream, or run in one of the gate's own.
var beginnings = map[string]string{
	"POST /":            `{"statements":["select 1"]}`,
	"POST /v1/execute":  `{"stmt":{"sql":"select 1"}}`,
	"POST /v1/batch":    `{"batch":{"steps":[{"stmt":{"sql":"select 1"}}]}}`,
	"POST /v2/pipeline": `{"requests":[{"type":"execute","stmt":{"sql":"select 1"}},{"type":"close"}]}`,
	"POST /v3/pipeline": `{"baton":null,"requests":[{"type":"sequence","sql":"select 1;select 2"}]}`,
	"POST /v3/cursor":   `{"batch":{"steps":[{"stmt":{"sql":"select 1"}}]}}`,
}

func TestEveryReadOnlyStreamBeginsWithTheLock(t *testing.T) {
	for line, body := range beginnings {
		for _, trusted := range []bool{true, false} {
			s := newSite(t)
			s.result = `{"cols":[],"rows":[]}`
			if !trusted {
				s.gate = newGate(t, libsql.Options{})
			}
			response, answer := s.send(line, "read", body)
			if response.StatusCode != 200 || s.locked != 1 || len(s.requests()) != 1 || strings.Contains(answer, "query_only") || strings.Contains(answer, `"describe"`) {
				t.Errorf("%s, trusted %v: %d %s, %d locks", line, trusted, response.StatusCode, answer, s.locked)
			}
			if s.send(line, "full", body); s.locked != 1 {
				t.Errorf("%s: a full-access stream was locked", line)
			}
		}
	}
}

func TestAStreamIsLockedOnlyOnce(t *testing.T) {
	s := newSite(t)
	baton := s.begin("read")
	s.locked = 0
	s.send("POST /v3/pipeline", "read", `{"baton":"`+baton+`","requests":[{"type":"execute","stmt":{"sql":"select 1"}}]}`)
	s.send("POST /v3/cursor", "read", `{"baton":"`+baton+`","batch":{"steps":[]}}`)
	if s.locked != 0 || len(s.requests()) != 2 {
		t.Errorf("%d locks", s.locked)
	}
}

// closing closes the stream of the site's baton.
const closing = `{"baton":"next","requests":[{"type":"close"}]}`

// ran are the requests that the server has got, but for those that only close.
func (s *site) ran() (bodies []string) {
	for _, sent := range s.requests() {
		if sent.body != closing {
			bodies = append(bodies, sent.body)
		}
	}
	return bodies
}

func TestWhatTheServerDoesNotLockIsNotAnswered(t *testing.T) {
	for line, body := range beginnings {
		for _, trusted := range []bool{true, false} {
			s := newSite(t)
			s.unlocked, s.result = true, `{"cols":[],"rows":[["secret"]]}`
			if !trusted {
				s.gate = newGate(t, libsql.Options{})
			}
			response, answer := s.send(line, "read", body)
			reason, _ := s.decided()
			if response.StatusCode != 502 || reason != refusal.Fault || !strings.Contains(answer, "READ_ONLY_UNENFORCED") || strings.Contains(answer, "secret") {
				t.Errorf("%s, trusted %v: %d %s", line, trusted, response.StatusCode, answer)
			}
			ran := s.ran()
			if !trusted && len(ran) != 0 {
				t.Errorf("%s: the server got %q", line, ran)
			}
			if sent := s.requests(); sent[len(sent)-1].body != closing {
				t.Errorf("%s: the stream is left open behind %q", line, sent[len(sent)-1].body)
			}
			if s.send(line, "read", body); len(s.ran()) != len(ran) {
				t.Errorf("%s: a server that did not lock is trusted again", line)
			}
			if response, answer := s.send(line, "full", body); response.StatusCode != 200 {
				t.Errorf("%s with full access: %d %s", line, response.StatusCode, answer)
			}
		}
	}
}

func TestAServerThatCannotLockIsUsedIfConfigured(t *testing.T) {
	for line, body := range beginnings {
		s := newSite(t)
		s.unlocked, s.result = true, `{"cols":[],"rows":[]}`
		s.gate = newGate(t, libsql.Options{AllowUnlocked: true})
		response, answer := s.send(line, "read", body)
		if response.StatusCode != 200 || len(s.requests()) != 1 {
			t.Errorf("%s: %d %s", line, response.StatusCode, answer)
		}
	}
}

func TestAServerIsTrustedToLockForAWhile(t *testing.T) {
	now := time.Now()
	s := newSite(t)
	s.gate = newGate(t, libsql.Options{Now: func() time.Time { return now }})
	const body = `{"requests":[{"type":"get_autocommit"}]}`
	for _, c := range []struct {
		passed time.Duration
		sent   string
	}{
		{0, `{"baton":"next","requests":[{"type":"get_autocommit"}]}`}, // the lock went ahead
		{9 * time.Minute, body},
		{9 * time.Minute, body},
		{11 * time.Minute, `{"baton":"next","requests":[{"type":"get_autocommit"}]}`},
	} {
		now = now.Add(c.passed)
		s.send("POST /v3/pipeline", "read", body)
		if sent := s.requests(); sent[len(sent)-1].body != c.sent {
			t.Errorf("after %s the server got %s", c.passed, sent[len(sent)-1].body)
		}
	}
	if s.locked != 4 {
		t.Errorf("%d locks for 4 streams", s.locked)
	}
}

func TestARefusalOfTheLockIsTheServersAnswer(t *testing.T) {
	for line, body := range beginnings {
		s := newSite(t)
		s.gate = newGate(t, libsql.Options{})
		s.refusal = http.StatusNotFound
		response, answer := s.send(line, "read", body)
		if _, err := s.decided(); err != nil || response.StatusCode != 404 || answer != "refused" || response.Header.Get("X-Sqld") != "1" {
			t.Errorf("%s: %d %s, %v", line, response.StatusCode, answer, err)
		}
	}
}

func TestAnAnswerWithoutStreamsIsAsSqldGivesIt(t *testing.T) {
	const result = `{"cols":[{"name":"a","decltype":"INT"},{"name":null}],"rows":[[{"type":"integer","value":"9007199254740993"},{"type":"null"}],` +
		`[{"type":"float","value":1.0},{"type":"blob","base64":"aGk="}],[{"type":"text","value":"x"},{"type":"null"}]],"affected_row_count":0,"rows_read":3,"rows_written":0,"query_duration_ms":0.1}`
	for line, want := range map[string]string{
		"POST /": `[{"results":{"columns":["a",""],"rows":[[9007199254740993,null],[1.0,{"base64":"aGk"}],["x",null]],"rows_read":3,"rows_written":0,"query_duration_ms":0.1}},` +
			`{"error":"no such table: u"},null]`,
		"POST /v1/execute": `{"result":` + result + `}`,
	} {
		s := newSite(t)
		s.result = result
		s.batch = `{"step_results":[` + result + `,null,null],"step_errors":[null,{"message":"no such table: u","code":"SQLITE_UNKNOWN"},null]}`
		response, answer := s.send(line, "read", beginnings[line])
		if response.StatusCode != 200 || answer != want {
			t.Errorf("%s: %d\n%s\nwant\n%s", line, response.StatusCode, answer, want)
		}
	}
}

func TestInfinityIsNullInAnAnswerWithoutStreams(t *testing.T) {
	s := newSite(t)
	s.batch = `{"step_results":[{"cols":[{"name":"9e999"}],"rows":[[{"type":"float","value":null}]]}],"step_errors":[null]}` // as sqld writes it
	const want = `[{"results":{"columns":["9e999"],"rows":[[null]]}}]`
	if response, answer := s.send("POST /", "read", `{"statements":["select 9e999"]}`); response.StatusCode != 200 || answer != want {
		t.Errorf("%d %s, want %s", response.StatusCode, answer, want)
	}
}

func TestAnAnswerWithoutStreamsThatIsNoneIsNotPassedOn(t *testing.T) {
	for _, batch := range []string{`3`, `{"step_results":[],"step_errors":[null]}`, `{"step_results":[{"rows":[[{"type":"new"}]]}],"step_errors":[null]}`} {
		s := newSite(t)
		s.batch = batch
		response, answer := s.send("POST /", "read", `{"statements":["select 1"]}`)
		if response.StatusCode != 502 || !strings.Contains(answer, "not understood") {
			t.Errorf("%s: %d %s", batch, response.StatusCode, answer)
		}
	}
}
