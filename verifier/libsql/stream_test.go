package libsql_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// streamDoors are the bodies that go on with a stream, %s being its baton.
var streamDoors = map[string][]string{
	"POST /v2/pipeline": {`{"baton":"%s","requests":[]}`, `{"requests":[],"b\u0061ton":"%s"}`},
	"POST /v3/pipeline": {`{"baton":"%s","requests":[{"type":"execute","stmt":{"sql":"COMMIT"}}]}`, `{"requests":[{"type":"close"}],"baton":"%s"}`},
	"POST /v3/cursor":   {`{"baton":"%s","batch":{"steps":[{"stmt":{"sql":"select 1"}}]}}`},
}

func TestAStreamIsOnlyItsOwners(t *testing.T) {
	for _, c := range []struct{ name, begins, uses, database string }{
		{"another token of the same rights", "full", "full2", "my-db"},
		{"another read-only token", "read", "read2", "my-db"},
		{"a read-only token in a full-access stream", "full", "read", "my-db"},
		{"a full-access token in a read-only stream", "read", "full", "my-db"},
		{"the same token with less access", "full", "lowered", "my-db"},
		{"another token in a stream of a group token", "group", "full", "my-db"},
		{"the same token at another database", "group", "group", "other-db"},
	} {
		for line, bodies := range streamDoors {
			for _, body := range bodies {
				t.Run(c.name+" "+line, func(t *testing.T) {
					s := newSite(t)
					baton := s.begin(c.begins)
					body := strings.ReplaceAll(body, "%s", baton)
					s.database = c.database
					response, answer := s.send(line, c.uses, body)
					reason, _ := s.decided()
					if response.StatusCode != 400 || reason != refusal.Unreachable || len(s.requests()) != 0 ||
						!strings.Contains(answer, `"STREAM_NOT_YOURS"`) || !strings.Contains(answer, "Received an invalid baton") {
						t.Errorf("%d %s %s, %d requests to the server", response.StatusCode, reason, answer, len(s.requests()))
					}
					s.database = "my-db"
					response, answer = s.send(line, c.begins, body)
					if response.StatusCode != 200 || len(s.requests()) != 1 || !strings.Contains(s.requests()[0].body, `"b"`) {
						t.Errorf("its owner: %d %s", response.StatusCode, answer)
					}
				})
			}
		}
	}
}

func TestABatonThatWeDidNotMakeIsRefused(t *testing.T) {
	s := newSite(t)
	baton := s.begin("full")
	raw, err := base64.RawURLEncoding.DecodeString(baton)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(i int) string {
		forged := append([]byte{}, raw...)
		forged[i] ^= 1
		return base64.RawURLEncoding.EncodeToString(forged)
	}
	s.gate = newGate(t, libsql.Options{Secrets: secrets{"another fleet"}})
	stranger := s.begin("full")
	s.gate = newGate(t, libsql.Options{})
	for name, forged := range map[string]string{
		"sqld's own": "b", "none": "-", "half": baton[:len(baton)/2], "longer": baton + "AAAA", "another MAC": flipped(0), "another state": flipped(32),
		"another baton": flipped(33), "standard base64": base64.StdEncoding.EncodeToString(append(raw, 0xfb, 0xff)), "another fleet's": stranger,
		"no state": base64.RawURLEncoding.EncodeToString(raw[:32]), "long": strings.Repeat("A", 4000), "a line break": baton[:8] + `\n` + baton[8:],
	} {
		for line, bodies := range streamDoors {
			for _, credential := range []string{"full", "read"} {
				response, answer := s.send(line, credential, strings.ReplaceAll(bodies[0], "%s", forged))
				if reason, _ := s.decided(); response.StatusCode != 400 || reason != refusal.Unreachable || !strings.Contains(answer, "STREAM_NOT_YOURS") || len(s.requests()) != 0 {
					t.Errorf("%s: %s with %s: %d %s", name, line, credential, response.StatusCode, answer)
				}
			}
		}
	}
}

func TestAnyGateOfAFleetGoesOnWithAStream(t *testing.T) {
	s := newSite(t)
	baton := s.begin("read")
	s.gate = newGate(t, libsql.Options{Secrets: secrets{"newer", "secret"}})
	for range 3 {
		response, answer := s.send("POST /v3/pipeline", "read", `{"baton":"`+baton+`","requests":[{"type":"get_autocommit"}]}`)
		if response.StatusCode != 200 {
			t.Fatalf("%d %s", response.StatusCode, answer)
		}
		baton = batonText.FindStringSubmatch(answer)[1]
		s.gate = newGate(t, libsql.Options{Secrets: secrets{"newer"}})
	}
	if got := s.requests()[2].body; got != `{"baton":"next","requests":[{"type":"get_autocommit"}]}` {
		t.Errorf("the server got %s", got)
	}
}

func TestNoClientSeesTheServersBatonOrAddress(t *testing.T) {
	for line, bodies := range streamDoors {
		for _, credential := range []string{"full", "read"} {
			s := newSite(t)
			s.baton = "KaBS8nlTmIFmfw"
			_, answer := s.send(line, credential, strings.Replace(bodies[0], `"baton":"%s",`, "", 1))
			if strings.Contains(answer, s.baton) || strings.Contains(answer, "inside") || !strings.Contains(opened(answer), s.baton) {
				t.Errorf("%s with %s: %s", line, credential, answer)
			}
		}
	}
}

func TestATextThatWasRefusedStaysRefusedInItsStream(t *testing.T) {
	s := newSite(t)
	baton := s.begin("read")
	ask := func(requests string) string {
		t.Helper()
		response, answer := s.send("POST /v3/pipeline", "read", `{"baton":"`+baton+`","requests":[`+requests+`]}`)
		if response.StatusCode != 200 {
			t.Fatalf("%d %s", response.StatusCode, answer)
		}
		baton = batonText.FindStringSubmatch(answer)[1]
		return answer
	}
	const refused = `"error":{"message":"The text stored under this id was refused.","code":"SQLITE_READONLY"}`
	if answer := ask(`{"type":"store_sql","sql_id":-7,"sql":"drop table t"}`); !strings.Contains(answer, `[{"type":"ok","response":{"type":"store_sql"}}]`) {
		t.Error(answer)
	}
	for _, use := range []string{
		`{"type":"execute","stmt":{"sql_id":-7}}`, `{"type":"describe","sql_id":-7}`, `{"type":"sequence","sql_id":-7}`,
		`{"type":"batch","batch":{"steps":[{"stmt":{"sql":"select 1"}},{"stmt":{"sql_id":-7}}]}}`,
	} {
		if answer := ask(use + `,{"type":"get_autocommit"}`); !strings.Contains(answer, refused+`},{"type":"ok"`) {
			t.Errorf("%s: %s", use, answer)
		}
	}
	_, answer := s.send("POST /v3/cursor", "read", `{"baton":"`+baton+`","batch":{"steps":[{"stmt":{"sql_id":-7}}]}}`)
	if !strings.Contains(answer, `{"type":"step_error","step":0,`+refused) {
		t.Error(answer)
	}
	for _, sent := range s.requests() {
		if strings.Contains(sent.body, "sql_id") {
			t.Errorf("the server got %s", sent.body)
		}
	}
	ask(`{"type":"close_sql","sql_id":-7},{"type":"store_sql","sql_id":-7,"sql":"select 1"}`)
	if answer := ask(`{"type":"execute","stmt":{"sql_id":-7}}`); strings.Contains(answer, "error") {
		t.Errorf("once it was closed and stored again: %s", answer)
	}
}

func TestTextsThatAreRefusedDoNotMakeABatonGrowWithoutEnd(t *testing.T) {
	s := newSite(t)
	baton := s.begin("read")
	store := `{"type":"store_sql","sql_id":2147483647,"sql":"drop table t"}`
	for id := range 99 {
		store += fmt.Sprintf(`,{"type":"store_sql","sql_id":%d,"sql":"drop table t"}`, math.MinInt32+id)
	}
	_, answer := s.send("POST /v3/pipeline", "read", `{"baton":"`+baton+`","requests":[`+store+`]}`)
	if n := strings.Count(answer, "SQLITE_READONLY"); n != 100-64 {
		t.Errorf("%d of 100 texts are not remembered", n)
	}
	if baton = batonText.FindStringSubmatch(answer)[1]; len(baton) > 1024 {
		t.Errorf("a baton of %d bytes", len(baton))
	}
	response, answer := s.send("POST /v3/pipeline", "read", `{"baton":"`+baton+`","requests":[{"type":"execute","stmt":{"sql_id":2147483647}}]}`)
	if response.StatusCode != 200 || !strings.Contains(answer, "SQLITE_READONLY") {
		t.Errorf("%d %s", response.StatusCode, answer)
	}
}

func TestAForeignBatonBehindALongBodyIsNoRequestForTheServer(t *testing.T) {
	s := newSite(t)
	foreign := s.begin("full2")
	response, answer := s.send("POST /v2/pipeline", "full", `{"requests":[`+strings.Repeat(" ", 1<<20)+`],"baton":"`+foreign+`"}`)
	if response.StatusCode != 400 || !strings.Contains(answer, "STREAM_NOT_YOURS") || len(s.requests()) != 0 {
		t.Errorf("%d %s, %d requests to the server", response.StatusCode, answer, len(s.requests()))
	}
}

func TestALongFullAccessBodyPassesInConstantMemory(t *testing.T) {
	const statement = `{"type":"execute","stmt":{"sql":"insert into t values ('\"{')"}},`
	gate := newGate(t, libsql.Options{})
	const total = 10 << 20 / len(statement) * len(statement)
	body := io.MultiReader(strings.NewReader(`{"requests":[`), io.LimitReader(&repeated{text: statement}, int64(total)), strings.NewReader(`{"type":"close"}]}`))
	r := httptest.NewRequest("POST", "/v2/pipeline", body)
	r.Header.Set("Authorization", "Bearer full")
	var got int64
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := gate.Handle(httptest.NewRecorder(), r, "my-db", func(w http.ResponseWriter, r *http.Request, _ *token.Grant) (err error) {
		got, err = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "{}")
		return err
	})
	runtime.ReadMemStats(&after)
	if err != nil || got < int64(total) {
		t.Fatalf("%d bytes, %v", got, err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 512<<10 {
		t.Errorf("%d bytes were allocated for a body of %d", allocated, total)
	}
}

func TestALongAnswerToFullAccessPassesInConstantMemory(t *testing.T) {
	const value = `[{"type":"text","value":"\"{ and so on"}],`
	gate := newGate(t, libsql.Options{})
	const total = 10 << 20 / len(value) * len(value)
	r := httptest.NewRequest("POST", "/v2/pipeline", strings.NewReader(`{"requests":[]}`))
	r.Header.Set("Authorization", "Bearer full")
	client := &counting{header: http.Header{}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := gate.Handle(client, r, "my-db", func(w http.ResponseWriter, _ *http.Request, _ *token.Grant) error {
		pass(w, io.MultiReader(strings.NewReader(`{"rows":[`), io.LimitReader(&repeated{text: value}, int64(total)), strings.NewReader(`[]]}`)))
		return nil
	})
	runtime.ReadMemStats(&after)
	if err != nil || client.n < total {
		t.Fatalf("%d bytes, %v", client.n, err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 512<<10 {
		t.Errorf("%d bytes were allocated for an answer of %d", allocated, total)
	}
}

// counting is a client that counts what it gets.
type counting struct {
	header http.Header
	n      int
}

func (c *counting) Header() http.Header         { return c.header }
func (c *counting) Write(b []byte) (int, error) { c.n += len(b); return len(b), nil }
func (c *counting) WriteHeader(int)             {}

// repeated is text without end.
type repeated struct{ text, rest string }

func (r *repeated) Read(p []byte) (int, error) {
	if r.rest == "" {
		r.rest = r.text
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func TestAnAnswerToFullAccessThatIsNoneIsNotPassedOn(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") },
		"an array": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `["b"]`) },
		"nothing":  func(http.ResponseWriter, *http.Request) {},
		"compressed unasked": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "{}")
		},
	} {
		for line, bodies := range streamDoors {
			s := newSite(t)
			s.answer = answer
			response, body := s.send(line, "full", strings.Replace(bodies[0], `"baton":"%s",`, "", 1))
			if reason, err := s.decided(); err == nil || reason != refusal.Fault || response.StatusCode != 502 || !strings.Contains(body, "not understood") {
				t.Errorf("%s: %d %s, error %v", name, response.StatusCode, body, err)
			}
		}
	}
}
