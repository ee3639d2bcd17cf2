package libsql_test

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/catalog"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// grants by the bearer credential that stands for them in these tests.
var grants = map[string]*token.Grant{
	"full":      {ID: "id-full", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.FullAccess},
	"read":      {ID: "id-read", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.ReadOnly},
	"other":     {ID: "id-other", Family: token.Database, Organization: "my-org", Database: "other-db", Access: token.FullAccess},
	"gone":      {ID: "id-gone", Family: token.Database, Organization: "my-org", Database: "gone-db", Access: token.FullAccess},
	"stranger":  {ID: "id-stranger", Family: token.Database, Organization: "their-org", Database: "my-db", Access: token.FullAccess},
	"group":     {ID: "id-group", Family: token.Group, Organization: "my-org", Group: "production", Access: token.FullAccess},
	"narrowed":  {ID: "id-narrowed", Family: token.Group, Organization: "my-org", Group: "production", Databases: []string{"my-db"}, Access: token.FullAccess},
	"staging":   {ID: "id-staging", Family: token.Group, Organization: "my-org", Group: "staging", Databases: []string{"my-db"}, Access: token.FullAccess},
	"developer": {ID: "id-developer", Family: token.Developer, Organization: "my-org", Database: "my-db", Access: token.FullAccess},
	"attach": {
		ID: "id-attach", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.ReadOnly,
		ReadAttach: []string{"other-db", "gone-db", "their-db"},
	},
	"attaching": {
		ID: "id-attaching", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.FullAccess,
		ReadAttach: []string{"other-db", "gone-db"},
	},
	"full2":   {ID: "id-full2", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.FullAccess},
	"read2":   {ID: "id-read2", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.ReadOnly},
	"lowered": {ID: "id-full", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.ReadOnly},
	"neither": {ID: "id-neither", Family: token.Database, Organization: "my-org", Database: "my-db"},
}

type authenticator struct{}

func (authenticator) Authenticate(r *http.Request) (*token.Grant, error) {
	g, ok := grants[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		return nil, &refusal.Refusal{Status: 401, Title: "Unauthorized", Code: refusal.AuthInvalid, Reason: refusal.BadSignature}
	}
	return g, nil
}

func (authenticator) Bare(*http.Request) error { return nil }

func (authenticator) Verify(credential string) (*token.Grant, error) {
	return authenticator{}.Authenticate(&http.Request{Header: http.Header{"Authorization": {"Bearer " + credential}}})
}

func (authenticator) Recheck(*token.Grant) error { return nil }

func (authenticator) TakenBack(*token.Grant) error { return nil }

// signer signs nothing: the payload itself, in base64, is the credential.
type signer struct{}

func (signer) SignUpstream(payload []byte) (string, error) {
	return base64.RawURLEncoding.EncodeToString(payload), nil
}

// secrets are those of a fleet, the newest first.
type secrets []string

func (s secrets) Derive(purpose string) ([][]byte, error) {
	var derived [][]byte
	for _, secret := range s {
		derived = append(derived, []byte(purpose+secret))
	}
	return derived, nil
}

// seen is a request as the server got it.
type seen struct {
	method, uri, host, body string
	header                  http.Header
}

// site is a gate before a server that records what it gets.
type site struct {
	t        *testing.T
	server   *httptest.Server
	gate     *libsql.Gate
	database string
	baton    string           // that the server gives
	result   string           // that it gives for a statement, if not empty
	batch    string           // that it gives for a batch, if not empty
	unlocked bool             // it does not honour the lock
	refusal  int              // status with which it refuses everything, if not zero
	answer   http.HandlerFunc // of the server; nil: like sqld, every request succeeds

	mu        sync.Mutex
	seen      []seen        // without the locks
	locked    int           // requests that began with the lock
	decisions chan decision // one for each request, in order
}

type decision struct {
	reason refusal.Reason
	err    error
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, database: "my-db", baton: "next", decisions: make(chan decision, 64)}
	upstream := httptest.NewServer(http.HandlerFunc(s.record))
	t.Cleanup(upstream.Close)
	target, _ := url.Parse(upstream.URL)
	s.gate = newGate(t, libsql.Options{MaxBody: 1 << 20, MaxSteps: 100})
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reason, err := s.gate.Handle(w, r, s.database, proxy(target, transport))
		s.decisions <- decision{reason, err}
		if err != nil {
			refusal.Write(w, "", err)
		}
	}))
	t.Cleanup(s.server.Close)
	s.begin("read") // so that the lock is known to be honoured
	s.locked = 0
	return s
}

func newGate(t testing.TB, o libsql.Options) *libsql.Gate {
	t.Helper()
	rules, err := readonly.New()
	if err != nil {
		t.Fatal(err)
	}
	databases := catalog.New()
	for _, err := range []error{
		databases.Add("my-org", "production", "my-db", "other-db"), databases.Add("my-org", "staging"),
		databases.Add("their-org", "production", "their-db", "my-db"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if o.Authenticator == nil {
		o.Authenticator = authenticator{}
	}
	o.Catalog, o.Rules, o.Organization = databases, rules, "my-org"
	if o.Secrets == nil {
		o.Secrets = secrets{"secret"}
	}
	if o.Tokens == nil {
		o.Tokens = libsql.NewUpstreamTokens(signer{}, nil)
	}
	gate, err := libsql.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return gate
}

// proxy is a next that sends requests to target and gives its failures back.
func proxy(target *url.URL, transport http.RoundTripper) libsql.Next {
	return func(w http.ResponseWriter, r *http.Request, _ *token.Grant) (err error) {
		p := &httputil.ReverseProxy{
			Transport: transport, FlushInterval: -1,
			Rewrite: func(p *httputil.ProxyRequest) {
				p.Out.URL.Scheme, p.Out.URL.Host = target.Scheme, target.Host
			},
			ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, failure error) { err = failure },
		}
		p.ServeHTTP(w, r)
		return err
	}
}

func (s *site) record(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it broke off, which is no request
	}
	if s.refusal != 0 {
		w.Header().Set("X-Sqld", "1")
		w.WriteHeader(s.refusal)
		_, _ = io.WriteString(w, "refused")
		return
	}
	withoutLock, locked := cutLock(string(body))
	s.mu.Lock()
	if locked {
		s.locked++
	}
	alone := locked && withoutLock == ""
	if !alone {
		s.seen = append(s.seen, seen{r.Method, r.RequestURI, r.Host, withoutLock, r.Header})
	}
	s.mu.Unlock()
	if s.answer != nil && !alone {
		s.answer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == "/v3-protobuf/cursor":
		head := append([]byte{2 + byte(len(s.baton)), 0x0a, byte(len(s.baton))}, s.baton...)
		_, _ = w.Write(append(head, "\x02\x22\x00"...)) // an empty row
	case r.URL.Path == "/v3-protobuf/pipeline":
		_, _ = w.Write(s.protobufAnswer(body))
	case strings.HasSuffix(r.URL.Path, "/cursor"):
		_, _ = io.WriteString(w, `{"baton":"`+s.baton+`","base_url":"http://inside"}`+"\n"+`{"type":"row"}`)
	case strings.HasSuffix(r.URL.Path, "/pipeline"):
		_, _ = io.WriteString(w, s.pipelineAnswer(body))
	default:
		_, _ = io.WriteString(w, `"answer"`)
	}
}

// The lock as the server gets it.
const (
	lockText     = `{"type":"describe","sql":"PRAGMA query_only=1"},{"type":"execute","stmt":{"sql":"SELECT * FROM pragma_query_only","want_rows":true}}`
	lockProtobuf = "\x12\x17\x2a\x15\x0a\x13PRAGMA query_only=1\x12\x27\x12\x25\x0a\x23\x0a\x1fSELECT * FROM pragma_query_only\x28\x01"
)

// cutLock takes the lock off a body; nothing is left of one that is the lock alone.
func cutLock(body string) (rest string, locked bool) {
	if body == `{"requests":[`+lockText+`]}` || body == lockProtobuf {
		return "", true
	}
	if rest, ok := strings.CutPrefix(body, lockProtobuf); ok {
		return rest, true
	}
	before, after, ok := strings.Cut(body, lockText+",")
	return before + after, ok
}

// pipelineAnswer succeeds in every request and says which of those behind the
// lock it was.
func (s *site) pipelineAnswer(body []byte) string {
	var pipeline struct {
		Requests []struct {
			Type  string
			SQL   string
			Batch struct{ Steps []any }
		}
	}
	if err := json.Unmarshal(body, &pipeline); err != nil {
		panic(err)
	}
	var results []string
	if _, locked := cutLock(string(body)); locked {
		value := "1"
		if s.unlocked {
			value = "0"
		}
		results = append(results, `{"type":"ok","response":{"type":"describe"}}`,
			`{"type":"ok","response":{"type":"execute","result":{"rows":[[{"type":"integer","value":"`+value+`"}]]}}}`)
		pipeline.Requests = pipeline.Requests[2:]
	}
	for i, r := range pipeline.Requests {
		extra := fmt.Sprintf(`,"n":%d`, i)
		switch {
		case r.Type == "batch" && s.batch != "":
			extra = `,"result":` + s.batch
		case r.Type == "batch":
			nulls := strings.TrimSuffix(strings.Repeat("null,", len(r.Batch.Steps)), ",")
			extra += `,"result":{"step_results":[` + nulls + `],"step_errors":[` + nulls + `]}`
		case r.Type == "execute" && s.result != "":
			extra = `,"result":` + s.result
		}
		results = append(results, `{"type":"ok","response":{"type":"`+r.Type+`"`+extra+`}}`)
	}
	return `{"baton":"` + s.baton + `","base_url":"http://inside","results":[` + strings.Join(results, ",") + `]}`
}

// protobufAnswer answers each request behind the lock as if it was to be closed.
func (s *site) protobufAnswer(body []byte) []byte {
	pipeline, err := protobuf.DecodePipeline(body)
	if err != nil {
		panic(err)
	}
	response := &hrana.Response{Baton: &s.baton}
	if _, locked := cutLock(string(body)); locked {
		const one = "\x0a\x0a\x12\x08\x0a\x06\x12\x04\x0a\x02\x10\x02" // a result with a row with a 1
		response.Results = append(response.Results, protobuf.Closed(), hrana.Result(one))
		pipeline.Requests = pipeline.Requests[2:]
	}
	for range pipeline.Requests {
		response.Results = append(response.Results, protobuf.Closed())
	}
	answer, _ := protobuf.EncodeResponse(response)
	return answer
}

// requests are those that the server has got so far.
func (s *site) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// begin begins a stream that the server calls "b", and gives the client's baton for it.
func (s *site) begin(credential string) string {
	s.t.Helper()
	next, answer := s.baton, s.answer
	s.baton, s.answer = "b", nil
	_, body := s.send("POST /v3/pipeline", credential, `{"requests":[]}`)
	s.baton, s.answer, s.seen = next, answer, nil
	if reason, err := s.decided(); err != nil || reason != refusal.Allowed {
		s.t.Fatal(reason, err)
	}
	return batonText.FindStringSubmatch(body)[1]
}

var batonText = regexp.MustCompile(`"baton":"([A-Za-z0-9_-]+)"`)

// opened is an answer with the server's own batons in it.
func opened(answer string) string {
	return batonText.ReplaceAllStringFunc(answer, func(member string) string {
		raw, err := base64.RawURLEncoding.DecodeString(batonText.FindStringSubmatch(member)[1])
		if err != nil || len(raw) < 33 {
			return member
		}
		rest := raw[33:] // a MAC, and the number of refused texts
		for range raw[32] {
			_, n := binary.Varint(rest)
			rest = rest[n+1:]
		}
		return `"baton":"` + string(rest) + `"`
	})
}

// decided is how the gate decided the next request that was sent.
func (s *site) decided() (refusal.Reason, error) {
	d := <-s.decisions
	return d.reason, d.err
}

// send writes a request line and headers as they are, so that no client library
// tidies them up, and returns the answer.
func (s *site) send(requestLine, credential, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	head := requestLine + " HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n"
	if credential != "" {
		head += "Authorization: Bearer " + credential + "\r\n"
	}
	if len(headers) > 0 {
		head += strings.Join(headers, "\r\n") + "\r\n"
	}
	if !strings.Contains(strings.ToLower(head), "transfer-encoding") {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	if _, err := io.WriteString(conn, head+"\r\n"+body); err != nil && !errors.Is(err, net.ErrClosed) {
		s.t.Logf("writing: %v", err)
	}
	method, _, _ := strings.Cut(requestLine, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, string(answer)
}
