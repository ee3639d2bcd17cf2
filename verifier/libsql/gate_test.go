package libsql_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/catalog"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

func TestATokenReachesItsDatabaseAndNoOther(t *testing.T) {
	const no = `{"error":"Permission denied","message":"This token does not reach this database.","code":"PERMISSION_DENIED"}`
	for _, c := range []struct {
		credential, database string
		reaches              bool
	}{
		{"full", "my-db", true},
		{"full", "other-db", false},
		{"full", "no-such-db", false},
		{"full", "their-db", false},
		{"full", "MY-DB", false},
		{"full", "", false},
		{"full", "my-db.other-db", false},
		{"gone", "gone-db", false},
		{"stranger", "my-db", false},
		{"group", "my-db", true},
		{"group", "other-db", true},
		{"group", "their-db", false},
		{"group", "no-such-db", false},
		{"narrowed", "my-db", true},
		{"narrowed", "other-db", false},
		{"staging", "my-db", false},
		{"developer", "my-db", false},
	} {
		t.Run(c.credential+" to "+c.database, func(t *testing.T) {
			s := newSite(t)
			s.database = c.database
			response, body := s.send("GET /health", c.credential, "")
			reason, _ := s.decided()
			if c.reaches {
				if response.StatusCode != 200 || reason != refusal.Allowed || len(s.requests()) != 1 {
					t.Errorf("%d %s %s", response.StatusCode, reason, body)
				}
				return
			}
			if response.StatusCode != 403 || body != no || reason != refusal.Unreachable || len(s.requests()) != 0 {
				t.Errorf("%d %s %s, %d requests to the server", response.StatusCode, reason, body, len(s.requests()))
			}
		})
	}
}

func TestStrangersHearNothingButThatTheyAreStrangers(t *testing.T) {
	for _, line := range []string{
		"GET /health", "POST /v2/pipeline", "GET /v2/pipeline", "GET /dump", "POST /no-such-path", "OPTIONS /v2/pipeline",
		"POST /wal_log.ReplicationLog/Hello", "PUT /v2", "POST //v2/pipeline",
	} {
		for _, credential := range []string{"", "forged"} {
			s := newSite(t)
			response, body := s.send(line, credential, "", "Upgrade: h2c", "Content-Encoding: gzip")
			if response.StatusCode != 401 || len(s.requests()) != 0 {
				t.Errorf("%s: %d %s", line, response.StatusCode, body)
			}
		}
	}
}

func TestTheServerIsShownTheGatesOwnCredential(t *testing.T) {
	for credential, want := range map[string]string{
		"full":    `{"p":{"rw":{"ns":["my-db"]}},`,
		"read":    `{"p":{"ro":{"ns":["my-db"]}},`,
		"group":   `{"p":{"rw":{"ns":["my-db"]}},`,
		"attach":  `{"p":{"ro":{"ns":["my-db"]},"roa":{"ns":["other-db"]}},`,
		"neither": `{"p":{"ro":{"ns":["my-db"]}},`,
	} {
		s := newSite(t)
		s.send("GET /version", credential, "")
		got := s.requests()[0].header["Authorization"]
		payload, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(got[0], "Bearer "))
		if err != nil || len(got) != 1 || !strings.HasPrefix(string(payload), want) {
			t.Errorf("%s: got %q, want %s", credential, payload, want)
		}
	}
}

func TestAFullAccessBodyGoesThroughUntouched(t *testing.T) {
	const answer = ` {"results":[{"baton":"a","base_url":"b"}],"new":[1.0]}`
	for line, body := range map[string]string{
		"POST /v2/pipeline": ` {"requests":[{"type":"New","sql":"\u0061"}], "x":{"baton":"b"}} `,
		"POST /v3/cursor":   `{"batch":null}`,
		"POST /v1/batch":    "not even JSON",
	} {
		s := newSite(t)
		s.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }
		response, got := s.send(line, "full", body, "Content-Type: text/x")
		if response.StatusCode != 200 || got != answer {
			t.Errorf("%s: %d %s", line, response.StatusCode, got)
		}
		if got := s.requests()[0]; got.body != body || got.header.Get("Content-Type") != "text/x" {
			t.Errorf("%s: the server got %+v", line, got)
		}
	}
}

func TestAFullAccessAnswerStreams(t *testing.T) {
	s := newSite(t)
	read := make(chan struct{})
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "{}\nfirst")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-read:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, " second")
	}
	request, _ := http.NewRequestWithContext(t.Context(), "POST", s.server.URL+"/v3/cursor", strings.NewReader("{}"))
	request.Header.Set("Authorization", "Bearer full")
	client := s.server.Client()
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 8)
	if _, err := io.ReadFull(response.Body, first); err != nil {
		t.Fatal(err)
	}
	close(read)
	if rest, err := io.ReadAll(response.Body); err != nil || string(first)+string(rest) != "{}\nfirst second" {
		t.Errorf("%s%s, %v", first, rest, err)
	}
}

func TestTheProxysOwnErrorComesBackUnchanged(t *testing.T) {
	gate := newGate(t, libsql.Options{})
	broken := errors.New("connection refused")
	for _, body := range []string{
		`{"requests":[{"type":"execute","stmt":{"sql":"select 1"}}]}`,
		`{"requests":[{"type":"execute","stmt":{"sql":"select 1"}},{"type":"execute","stmt":{"sql":"drop table t"}}]}`,
	} {
		for _, credential := range []string{"full", "read"} {
			r := httptest.NewRequest("POST", "/v2/pipeline", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+credential)
			w := httptest.NewRecorder()
			var grant *token.Grant
			_, err := gate.Handle(w, r, "my-db", func(_ http.ResponseWriter, _ *http.Request, g *token.Grant) error {
				grant = g
				return broken
			})
			if err != broken || grant != grants[credential] || w.Body.Len() > 0 {
				t.Errorf("error %v, grant %v, answer %q", err, grant, w.Body)
			}
		}
	}
}

func TestAGateIsNotMadeOfHalfItsParts(t *testing.T) {
	rules, err := readonly.New()
	if err != nil {
		t.Fatal(err)
	}
	whole := libsql.Options{
		Authenticator: authenticator{}, Catalog: catalog.New(), Rules: rules,
		Tokens: libsql.NewUpstreamTokens(signer{}, nil), Secrets: secrets{"secret"}, Organization: "my-org",
	}
	if _, err := libsql.New(whole); err != nil {
		t.Fatal(err)
	}
	unnamed, below := whole, whole
	unnamed.Organization, below.MaxBody = "My Org", -1
	for _, o := range []libsql.Options{{}, {Organization: "my-org"}, unnamed, below} {
		if _, err := libsql.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestBodiesThatAreJudgedAreBounded(t *testing.T) {
	big := `{"requests":[]}` + strings.Repeat(" ", 1<<20)
	for _, c := range []struct {
		name, body string
		headers    []string
	}{
		{"announced", big, nil},
		{"in chunks", "100100\r\n" + strings.Repeat(" ", 0x100100) + "\r\n0\r\n\r\n", []string{"Transfer-Encoding: chunked"}},
		{"too many statements", `{"requests":[` + strings.Repeat(`{"type":"close"},`, 100) + `{"type":"close"}]}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			response, answer := s.send("POST /v2/pipeline", "read", c.body, c.headers...)
			if response.StatusCode != 413 || !strings.Contains(answer, "BODY_TOO_LARGE") || len(s.requests()) != 0 {
				t.Errorf("%d %s", response.StatusCode, answer)
			}
		})
	}
}

func TestABodyThatBreaksOffIsNotSentOn(t *testing.T) {
	gate := newGate(t, libsql.Options{})
	r := httptest.NewRequest("POST", "/v2/pipeline", io.MultiReader(strings.NewReader(`{"requests":[]}`), brokenReader{}))
	r.Header.Set("Authorization", "Bearer read")
	reason, err := gate.Handle(httptest.NewRecorder(), r, "my-db", func(http.ResponseWriter, *http.Request, *token.Grant) error {
		t.Error("it was sent on")
		return nil
	})
	if refusal.From(err).Status != 400 || reason != refusal.BadRequestBody {
		t.Errorf("%s, %v", reason, err)
	}
}

func TestTheBodyLimitIsNamed(t *testing.T) {
	for limit, words := range map[int64]string{100: "100 bytes", 2 << 20: "2 MiB"} {
		gate := newGate(t, libsql.Options{MaxBody: limit})
		r := httptest.NewRequest("POST", "/v2/pipeline", strings.NewReader(strings.Repeat(" ", int(limit)+1)))
		r.Header.Set("Authorization", "Bearer read")
		_, err := gate.Handle(httptest.NewRecorder(), r, "my-db", nil)
		if got := refusal.From(err); got.Status != 413 || !strings.Contains(got.Message, words) {
			t.Error(got)
		}
	}
}

func TestWithoutAnUpstreamTokenNothingIsSentOn(t *testing.T) {
	gate := newGate(t, libsql.Options{Tokens: libsql.NewUpstreamTokens(&counter{err: errors.New("no key")}, nil)})
	r := httptest.NewRequest("GET", "/health", http.NoBody)
	r.Header.Set("Authorization", "Bearer full")
	reason, err := gate.Handle(httptest.NewRecorder(), r, "my-db", nil)
	if got := refusal.From(err); got.Status != 500 || reason != refusal.Fault || strings.Contains(got.Message, "key") {
		t.Error(reason, got)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestNoHeaderOfTheClientsNamesADatabaseOrAnIdentity(t *testing.T) {
	hostile := []string{
		"X-Namespace: other-db", "x-namespace-bin: b3RoZXItZGI", "X_Namespace: other-db", "X-Namespace-Bin: bXk",
		"X-Authorization: Bearer full", "X-Proxy-Authorization: FullAccess", "Proxy-Authorization: Basic eA==", "Libsql-Proxied: true",
		"X-Session-Token: s", "X-Forwarded-Host: other-db.localhost", "X-Forwarded-For: 10.0.0.1", "Forwarded: host=other-db.localhost",
		"Cookie: jwt=full", "X-Turso-Encryption-Key: k", "HTTP2-Settings: AAA", "Te: trailers", "Trailer: X-Namespace",
		"Keep-Alive: 1", "Proxy-Connection: keep-alive", "Expect: ", "Range: bytes=0-1", "X-Http-Method-Override: PUT", "Grpc-Timeout: 1S",
	}
	kept := []string{
		"Accept: application/json", "Accept-Encoding: identity", "User-Agent: client/1", "X-Libsql-Client-Version: v",
		"Traceparent: 00-1", "Tracestate: a=b",
	}
	for _, credential := range []string{"full", "read"} {
		s := newSite(t)
		response, answer := s.send("POST /v2/pipeline?authToken=x&ns=other-db", credential, `{"requests":[{"type":"close"}]}`,
			append(hostile, kept...)...)
		if response.StatusCode != 200 {
			t.Fatalf("%d %s", response.StatusCode, answer)
		}
		got := s.requests()[0]
		for _, name := range []string{"Authorization", "Content-Length", "Content-Type"} {
			got.header.Del(name)
		}
		var lines []string
		for name, values := range got.header {
			lines = append(lines, name+": "+strings.Join(values, ", "))
		}
		slices.Sort(lines)
		want := slices.Sorted(slices.Values(append(kept, "X-Namespace-Bin: bXktZGI")))
		if !slices.Equal(lines, want) || got.host != "my-db.localhost" || got.uri != "/v2/pipeline" {
			t.Errorf("the server got %q at %s%s", lines, got.host, got.uri)
		}
	}
}
