package libsql_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/catalog"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// grants by the bearer credential that stands for them in these tests.
var grants = map[string]*token.Grant{
	"full":      {Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.FullAccess},
	"read":      {Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.ReadOnly},
	"other":     {Family: token.Database, Organization: "my-org", Database: "other-db", Access: token.FullAccess},
	"gone":      {Family: token.Database, Organization: "my-org", Database: "gone-db", Access: token.FullAccess},
	"stranger":  {Family: token.Database, Organization: "their-org", Database: "my-db", Access: token.FullAccess},
	"group":     {Family: token.Group, Organization: "my-org", Group: "production", Access: token.FullAccess},
	"narrowed":  {Family: token.Group, Organization: "my-org", Group: "production", Databases: []string{"my-db"}, Access: token.FullAccess},
	"staging":   {Family: token.Group, Organization: "my-org", Group: "staging", Databases: []string{"my-db"}, Access: token.FullAccess},
	"developer": {Family: token.Developer, Organization: "my-org", Database: "my-db", Access: token.FullAccess},
	"attach": {
		Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.ReadOnly,
		ReadAttach: []string{"other-db", "gone-db", "their-db"},
	},
	"neither": {Family: token.Database, Organization: "my-org", Database: "my-db"},
}

type authenticator struct{}

func (authenticator) Authenticate(r *http.Request) (*token.Grant, error) {
	g, ok := grants[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		return nil, &refusal.Refusal{Status: 401, Title: "Unauthorized", Code: refusal.AuthInvalid, Reason: refusal.BadSignature}
	}
	return g, nil
}

// signer signs nothing: the payload itself, in base64, is the credential.
type signer struct{}

func (signer) SignUpstream(payload []byte) (string, error) {
	return base64.RawURLEncoding.EncodeToString(payload), nil
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
	database string
	answer   http.HandlerFunc // of the server; nil: like sqld, every request succeeds

	mu        sync.Mutex
	seen      []seen
	decisions chan decision // one for each request, in order
}

type decision struct {
	reason refusal.Reason
	err    error
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, database: "my-db", decisions: make(chan decision, 64)}
	upstream := httptest.NewServer(http.HandlerFunc(s.record))
	t.Cleanup(upstream.Close)
	target, _ := url.Parse(upstream.URL)
	gate := newGate(t, libsql.Options{MaxBody: 1 << 20, MaxSteps: 100})
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reason, err := gate.Handle(w, r, s.database, proxy(target, transport))
		s.decisions <- decision{reason, err}
		if err != nil {
			refusal.Write(w, "", err)
		}
	}))
	t.Cleanup(s.server.Close)
	return s
}

func newGate(t *testing.T, o libsql.Options) *libsql.Gate {
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
	o.Authenticator, o.Catalog, o.Rules, o.Organization = authenticator{}, databases, rules, "my-org"
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
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.seen = append(s.seen, seen{r.Method, r.RequestURI, r.Host, string(body), r.Header})
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasSuffix(r.URL.Path, "/pipeline") {
		_, _ = io.WriteString(w, `"answer"`)
		return
	}
	_, _ = io.WriteString(w, pipelineAnswer(body))
}

// pipelineAnswer succeeds in every request and says which of those it got it was.
func pipelineAnswer(body []byte) string {
	var pipeline struct {
		Requests []struct {
			Type  string
			Batch struct{ Steps []any }
		}
	}
	if err := json.Unmarshal(body, &pipeline); err != nil {
		panic(err)
	}
	var results []string
	for i, r := range pipeline.Requests {
		extra := fmt.Sprintf(`,"n":%d`, i)
		if r.Type == "batch" {
			extra += `,"result":{"step_errors":[` + strings.TrimSuffix(strings.Repeat("null,", len(r.Batch.Steps)), ",") + `]}`
		}
		results = append(results, `{"type":"ok","response":{"type":"`+r.Type+`"`+extra+`}}`)
	}
	return `{"baton":"next","base_url":"http://inside","results":[` + strings.Join(results, ",") + `]}`
}

// requests are those that the server has got so far.
func (s *site) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
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
