package api

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// grants by the bearer credential that stands for them in these tests.
var grants = map[string]*token.Grant{
	"plain":    {ID: "jt_plain", Family: token.Developer, Holder: "my-app", Note: "MyApp API Integration"},
	"user":     {ID: "token_user", Family: token.User, Holder: "user_123-abc@example.com", Scopes: []string{"read", "write"}},
	"reader":   {ID: "jt_reader", Family: token.Developer, Scopes: []string{"read"}},
	"writer":   {ID: "jt_writer", Family: token.Developer, Scopes: []string{"write"}},
	"readonly": {ID: "jt_readonly", Family: token.Developer, Access: token.ReadOnly},
	"odd":      {ID: "jt_odd", Family: token.Developer, Access: "everything"},
	"office":   {ID: "jt_office", Family: token.Developer, Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}},
	"nowhere":  {ID: "jt_nowhere", Family: token.Developer, Networks: []netip.Prefix{}},
	"songs":    {ID: "jt_songs", Family: token.Developer, Routes: []string{"/v1/songs", "GET /v1/users/*"}},
	"lost":     {ID: "jt_lost", Family: token.Developer, Routes: []string{"not a route"}},
	"database": {ID: "abc", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.FullAccess},
	"dbreader": {ID: "abd", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.ReadOnly},
}

// authenticator takes credentials as the verifier does.
type authenticator struct{}

func (authenticator) AuthenticateScanned(r *http.Request, _ verifier.Scan) (*token.Grant, error) {
	credential, err := verifier.Credential(r)
	if err != nil {
		return nil, err
	}
	if g, ok := grants[credential]; ok {
		return g, nil
	}
	return nil, &refusal.Refusal{Status: 401, Title: "Invalid token", Code: refusal.AuthInvalid, Reason: refusal.Unknown}
}

func (authenticator) Recheck(*token.Grant) error { return nil }

func (authenticator) TakenBack(*token.Grant) error { return nil }

func newGate(t testing.TB, change ...func(*Options)) *Gate {
	t.Helper()
	o := Options{Authenticator: authenticator{}, ClientIP: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.7") }}
	for _, f := range change {
		f(&o)
	}
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ruled is the Caddyfile of the documentation: reading and writing.
func ruled(o *Options) {
	o.Scopes = []ScopeRule{{"read", []string{"GET", "HEAD"}}, {"write", []string{AnyMethod}}}
}

// request makes one with headers in pairs.
func request(method, target, credential, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header[header[i]] = append(r.Header[header[i]], header[i+1])
	}
	return r
}

// verdict sends a request through a gate; passed is what the API behind it got.
func verdict(g *Gate, r *http.Request) (passed *http.Request, refused *refusal.Refusal) {
	_, err := g.Handle(httptest.NewRecorder(), r, func(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
		passed = r
		return nil
	})
	if err != nil {
		refused = refusal.From(err)
	}
	return passed, refused
}

// passes fails the test unless the request passes.
func passes(t *testing.T, g *Gate, r *http.Request) *http.Request {
	t.Helper()
	passed, refused := verdict(g, r)
	if refused != nil || passed == nil {
		t.Errorf("%s %s: refused: %v", r.Method, r.URL, refused)
	}
	return passed
}

// refuses fails the test unless the request is refused for the reason.
func refuses(t *testing.T, g *Gate, r *http.Request, status int, reason refusal.Reason) *refusal.Refusal {
	t.Helper()
	passed, refused := verdict(g, r)
	if passed != nil || refused == nil || refused.Reason != reason || refused.Status != status {
		t.Errorf("%s %s: passed %t, refusal %v, want %d for %q", r.Method, r.URL, passed != nil, refused, status, reason)
		return &refusal.Refusal{}
	}
	return refused
}

// seen is a request as the API got it, read to its end.
type seen struct {
	header, trailer http.Header
	uri, body       string
}

// site is a gate on a server, before an API that records what it gets.
type site struct {
	t      *testing.T
	server *httptest.Server
	mu     sync.Mutex
	seen   []seen
}

func newSite(t *testing.T, change ...func(*Options)) *site {
	s := &site{t: t}
	gate := newGate(t, change...)
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := gate.Handle(w, r, s.record); err != nil {
			refusal.Write(w, "", err)
		}
	}))
	s.server.EnableHTTP2 = true
	t.Cleanup(s.server.Close)
	return s
}

// record looks at trailers where a proxy would: in the request, at the end of its body.
func (s *site) record(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, seen{r.Header.Clone(), r.Trailer.Clone(), r.RequestURI, string(body)})
	return err
}

// send writes text to the server as it is, and returns what the API got of it.
func (s *site) send(text string) seen {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, strings.ReplaceAll(text, "\n", "\r\n"))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if response.StatusCode != 200 || len(s.seen) == 0 {
		s.t.Fatalf("%s, the API got %d requests", response.Status, len(s.seen))
	}
	return s.seen[len(s.seen)-1]
}
