package api

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestWithoutRulesEveryGoodTokenPasses(t *testing.T) {
	g := newGate(t)
	for _, credential := range []string{"plain", "user", "reader", "writer", "office"} {
		for _, method := range []string{"GET", "POST", "DELETE", "PURGE"} {
			passes(t, g, request(method, "/any", credential, ""))
		}
	}
}

func TestCredentialsThatAreRefused(t *testing.T) {
	for _, anonymous := range []bool{false, true} {
		g := newGate(t, func(o *Options) { o.AllowAnonymous = anonymous })
		refuses(t, g, request("GET", "/", "wrong", ""), 401, refusal.Unknown)
		refuses(t, g, request("GET", "/", "", "", "Authorization", "Basic dTpw"), 401, refusal.Malformed)
		refuses(t, g, request("GET", "/", "", "", "Authorization", ""), 401, refusal.Malformed)
		refuses(t, g, request("GET", "/", "plain", "", "X-Api-Key", "other"), 400, refusal.Multiple)
		refuses(t, g, request("GET", "/?api_key=other", "plain", ""), 400, refusal.Multiple)
		refuses(t, g, request("GET", "/", "", "", "X-Api-Key", "plain"), 401, refusal.Missing)
		refuses(t, g, request("GET", "/?access_token=plain", "", ""), 401, refusal.Missing)
	}
	refuses(t, newGate(t), request("GET", "/", "", ""), 401, refusal.Missing)
}

func TestAnAnonymousRequestPassesWithoutAnIdentity(t *testing.T) {
	g := newGate(t, ruled, func(o *Options) { o.AllowAnonymous = true })
	if r := passes(t, g, request("GET", "/", "", "", "X-Token-Id", "root")); len(identityOf(r.Header)) != 0 {
		t.Errorf("arrived as %v", identityOf(r.Header))
	}
}

func TestTokensOfOtherFamiliesAreRefused(t *testing.T) {
	refuses(t, newGate(t), request("GET", "/", "database", ""), 403, refusal.WrongFamily)
	g := newGate(t, func(o *Options) { o.Families = []token.Family{token.Database} })
	passes(t, g, request("POST", "/", "database", ""))
	passes(t, g, request("GET", "/", "dbreader", ""))
	refuses(t, g, request("POST", "/", "dbreader", ""), 403, refusal.ReadOnlyToken)
	refuses(t, g, request("GET", "/", "plain", ""), 403, refusal.WrongFamily)
}

func TestTheFirstRuleWithTheMethodDecides(t *testing.T) {
	g := newGate(t, ruled)
	for _, c := range []struct {
		credential, method string
		scope              string // that is lacking; empty: passes
	}{
		{"reader", "GET", ""},
		{"reader", "HEAD", ""},
		{"reader", "POST", "write"},
		{"reader", "OPTIONS", "write"},
		{"reader", "get", "write"},
		{"writer", "POST", ""},
		{"writer", "PURGE", ""},
		{"writer", "GET", "read"},
		{"user", "GET", ""},
		{"user", "DELETE", ""},
		{"plain", "GET", ""},
		{"plain", "DELETE", ""},
	} {
		for range 2 {
			r := request(c.method, "/", c.credential, "")
			if c.scope == "" {
				passes(t, g, r)
				continue
			}
			refused := refuses(t, g, r, 403, refusal.NotPermitted)
			if want := `Bearer realm="sekisho", error="insufficient_scope", error_description="The token does not allow this", scope="` + c.scope + `"`; refused.Challenge != want {
				t.Errorf("challenge %s", refused.Challenge)
			}
		}
	}
}

func TestAScopedTokenIsRefusedWhereNoRuleSpeaks(t *testing.T) {
	g := newGate(t, func(o *Options) { o.Scopes = []ScopeRule{{"read", []string{"GET"}}} })
	refuses(t, g, request("DELETE", "/", "user", ""), 403, refusal.NotPermitted)
	passes(t, g, request("DELETE", "/", "plain", ""))
}

func TestAReadOnlyTokenReads(t *testing.T) {
	g := newGate(t)
	for _, credential := range []string{"readonly", "odd"} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			passes(t, g, request(method, "/", credential, ""))
		}
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "PURGE", "get", "QUERY"} {
			refused := refuses(t, g, request(method, "/", credential, ""), 403, refusal.ReadOnlyToken)
			if refused.Code != refusal.TokenReadOnly || refused.Title != "Permission denied" {
				t.Errorf("refused with %+v", refused)
			}
		}
	}
	g = newGate(t, func(o *Options) { o.ReadOnlyMethods = []string{"GET", "QUERY"} })
	passes(t, g, request("QUERY", "/", "readonly", ""))
	refuses(t, g, request("OPTIONS", "/", "readonly", ""), 403, refusal.ReadOnlyToken)
}

func TestAnUpgradeIsNoGET(t *testing.T) {
	for _, upgrade := range []string{"websocket", "h2c"} {
		refuses(t, newGate(t), request("GET", "/", "readonly", "", "Upgrade", upgrade), 403, refusal.ReadOnlyToken)
		refuses(t, newGate(t, ruled), request("GET", "/", "reader", "", "Upgrade", upgrade), 403, refusal.NotPermitted)
		passes(t, newGate(t, ruled), request("GET", "/", "writer", "", "Upgrade", upgrade))
		passes(t, newGate(t), request("GET", "/", "plain", "", "Upgrade", upgrade))
	}
	g := newGate(t, func(o *Options) { o.ReadOnlyMethods = []string{"GET", "CONNECT"} })
	passes(t, g, request("GET", "/", "readonly", "", "Upgrade", "websocket"))
}

func TestAnUpgradeHidesNoOtherMethod(t *testing.T) {
	forSockets := func(o *Options) {
		o.Scopes = []ScopeRule{{"read", []string{"CONNECT"}}, {"write", []string{"*"}}}
		o.ReadOnlyMethods = []string{"GET", "CONNECT"}
	}
	w := newWorld()
	routed, _ := w.mint(t, func(r *store.Record) { r.Routes = []string{"CONNECT /v1/live"} })
	upgrade := func(method, path, credential string) *http.Request {
		return request(method, path, credential, `{"query":"mutation{a}"}`, "Upgrade", "websocket", "Content-Type", "application/json")
	}
	for _, kind := range []func(*Options){func(*Options) {}, speaking} {
		g := newGate(t, forSockets, kind)
		for _, method := range []string{"POST", "DELETE", "HEAD"} {
			refuses(t, g, upgrade(method, "/", "reader"), 403, refusal.NotPermitted)
			refuses(t, g, upgrade(method, "/", "readonly"), 403, refusal.ReadOnlyToken)
			refuses(t, w.gate(t, kind), upgrade(method, "/v1/live", routed), 403, refusal.Route)
			passes(t, g, upgrade(method, "/", "plain"))
		}
		passes(t, g, upgrade("GET", "/", "reader"))
		passes(t, w.gate(t, kind), upgrade("GET", "/v1/live", routed))
	}
	passes(t, newGate(t, ruled), request("POST", "/", "writer", "", "Upgrade", "h2c"))
}

func TestANarrowedTokenCannotChangeItsMethodOnTheWay(t *testing.T) {
	g := newGate(t, ruled)
	for _, r := range []*http.Request{
		request("GET", "/", "reader", "", "X-Http-Method-Override", "DELETE"),
		request("GET", "/", "reader", "", "X_http_method", "DELETE"),
		request("GET", "/", "readonly", "", "X-Method-Override", "DELETE"),
		request("GET", "/?a=1&_method=DELETE", "reader", ""),
		request("GET", "/?%5FMethod=DELETE", "reader", ""),
		request("GET", "/?a;_METHOD=DELETE", "reader", ""),
	} {
		refuses(t, g, r, 403, refusal.Route)
	}
	passes(t, g, request("POST", "/?_method=DELETE", "plain", ""))
}

func TestATokenIsRefusedOutsideItsNetworks(t *testing.T) {
	for address, inside := range map[string]bool{
		"192.0.2.7": true, "::ffff:192.0.2.7": true, "192.0.3.1": false, "2001:db8::1": true, "2001:db8::1%eth0": true, "2001:db9::1": false, "": false,
	} {
		var client netip.Addr
		if address != "" {
			client = netip.MustParseAddr(address)
		}
		g := newGate(t, func(o *Options) { o.ClientIP = func(*http.Request) netip.Addr { return client } })
		for range 2 {
			if inside {
				passes(t, g, request("GET", "/", "office", ""))
			} else {
				refuses(t, g, request("GET", "/", "office", ""), 403, refusal.Unreachable)
			}
			refuses(t, g, request("GET", "/", "nowhere", ""), 403, refusal.Unreachable)
			passes(t, g, request("GET", "/", "plain", ""))
		}
	}
}

func TestATokenIsRefusedOutsideItsRoutes(t *testing.T) {
	g := newGate(t)
	for target, status := range map[string]int{
		"GET /v1/songs": 200, "POST /v1/songs": 200, "GET /v1/songs?type=dx&a=%2F": 200, "GET /v1/users/7": 200, "GET /v1/%75sers/7": 200,
		"POST /v1/users/7": 403, "GET /v1/songs/": 403, "GET /V1/songs": 403, "GET /v1/users": 403, "GET /": 403,
		"GET /v1/users/../songs": 403, "GET /v1/users/%2e%2e/admin": 403, "GET /v1/users%2f7": 403, "GET /v1/users//7": 403,
		"GET /v1/users/..;/admin": 403, `GET /v1/users/%5c..%5cadmin`: 403, "GET /v1/users/%252e%252e/admin": 403,
	} {
		method, path, _ := strings.Cut(target, " ")
		for range 2 {
			if status == 200 {
				passes(t, g, request(method, path, "songs", ""))
			} else {
				refuses(t, g, request(method, path, "songs", ""), 403, refusal.Route)
			}
		}
	}
	refuses(t, g, request("GET", "/v1/users/7", "songs", "", "Upgrade", "websocket"), 403, refusal.Route)
	refuses(t, g, request("GET", "/not%20a%20route", "lost", ""), 403, refusal.Route)
}

func TestATokenWithRoutesMayNotNameAnotherPathInAHeader(t *testing.T) {
	g := newGate(t)
	for _, name := range []string{"X-Original-Url", "X-Rewrite-Url", "X_REWRITE_URL"} {
		refuses(t, g, request("GET", "/v1/songs", "songs", "", name, "/admin"), 403, refusal.Route)
		passes(t, g, request("GET", "/v1/songs", "plain", "", name, "/admin"))
		passes(t, g, request("GET", "/v1/songs", "readonly", "", name, "/admin"))
	}
}

func TestWhatPassesIsUntouched(t *testing.T) {
	g := newGate(t, ruled, func(o *Options) { o.GraphQL = true })
	r := request("POST", "/v1/songs?a=1&a=2&b=%2F+x", "plain", "")
	r.Body = io.NopCloser(strings.NewReader("\x00曲"))
	passed := passes(t, g, r)
	body, err := io.ReadAll(passed.Body)
	if passed != r || string(body) != "\x00曲" || err != nil || passed.URL.RawQuery != "a=1&a=2&b=%2F+x" || passed.ContentLength != 0 {
		t.Error("the request is another one")
	}
}

func TestAnErrorOfTheAPIIsHandedOnUnchanged(t *testing.T) {
	want := errors.New("from behind")
	_, err := newGate(t).Handle(httptest.NewRecorder(), request("GET", "/", "plain", ""), func(http.ResponseWriter, *http.Request, *token.Grant) error { return want })
	if err != want { //nolint:errorlint // the very same
		t.Errorf("got %v", err)
	}
}

func TestUsesAreToldOfTokensThatPassOnly(t *testing.T) {
	var used []string
	g := newGate(t, ruled, func(o *Options) { o.Used = func(id string) { used = append(used, id) }; o.AllowAnonymous = true })
	passes(t, g, request("GET", "/", "reader", ""))
	passes(t, g, request("GET", "/", "", ""))
	refuses(t, g, request("POST", "/", "reader", ""), 403, refusal.NotPermitted)
	refuses(t, g, request("GET", "/", "wrong", ""), 401, refusal.Unknown)
	if len(used) != 1 || used[0] != "jt_reader" {
		t.Errorf("told of %q", used)
	}
}

func TestEachTokenHasItsRate(t *testing.T) {
	g := newGate(t, func(o *Options) {
		o.Limiter, o.Rate = ratelimit.NewLocal(), ratelimit.Rate{Requests: 2, Per: time.Hour}
	})
	for range 2 {
		passes(t, g, request("GET", "/", "plain", ""))
	}
	refused := refuses(t, g, request("GET", "/", "plain", ""), 429, refusal.OverLimit)
	if refused.RetryAfter < 29*time.Minute || refused.Code != refusal.RateLimited {
		t.Errorf("refused with %+v", refused)
	}
	w := httptest.NewRecorder()
	if _, err := g.Handle(w, request("GET", "/", "user", ""), func(http.ResponseWriter, *http.Request, *token.Grant) error { return nil }); err != nil {
		t.Errorf("another token: %v", err)
	}
	if got := w.Header().Get("RateLimit"); got != `"token";r=1;t=1800` {
		t.Errorf("RateLimit: %s", got)
	}
}

func TestFailedChecksAreCountedByAddress(t *testing.T) {
	client := netip.MustParseAddr("2001:db8::1")
	g := newGate(t, func(o *Options) {
		o.FailureRate = ratelimit.Rate{Requests: 3, Per: time.Hour}
		o.ClientIP = func(*http.Request) netip.Addr { return client }
	})
	for range 3 {
		refuses(t, g, request("GET", "/", "wrong", ""), 401, refusal.Unknown)
	}
	client = netip.MustParseAddr("2001:db8::2") // as easy to have as the first
	refuses(t, g, request("GET", "/", "wrong", ""), 429, refusal.OverLimit)
	passes(t, g, request("GET", "/", "plain", ""))
	refuses(t, g, request("GET", "/", "", ""), 401, refusal.Missing)
	client = netip.MustParseAddr("192.0.2.1")
	refuses(t, g, request("GET", "/", "wrong", ""), 401, refusal.Unknown)
}

func TestTwoGrantsOfOneIDKeepTheirOwnPlans(t *testing.T) {
	p := newPlans(true)
	wide, narrow := &token.Grant{ID: "x", Family: token.User}, &token.Grant{ID: "x", Family: token.User, Scopes: []string{"read"}}
	for range 3 {
		if p.of(wide).narrowed || !p.of(narrow).narrowed {
			t.Fatal("a grant got the plan of another")
		}
	}
	if first := p.of(wide); p.of(wide) != first {
		t.Error("a plan is made twice")
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no authenticator":              func(o *Options) { o.Authenticator = nil },
		"no client address":             func(o *Options) { o.ClientIP = nil },
		"a scope without a name":        func(o *Options) { o.Scopes = []ScopeRule{{"", []string{"GET"}}} },
		"a scope that breaks out":       func(o *Options) { o.Scopes = []ScopeRule{{`a"`, []string{"GET"}}} },
		"a scope of two words":          func(o *Options) { o.Scopes = []ScopeRule{{"a b", []string{"GET"}}} },
		"a scope without methods":       func(o *Options) { o.Scopes = []ScopeRule{{"a", nil}} },
		"a method in lower case":        func(o *Options) { o.Scopes = []ScopeRule{{"a", []string{"get"}}} },
		"a read-only method lower case": func(o *Options) { o.ReadOnlyMethods = []string{"get"} },
		"read-only tokens may all":      func(o *Options) { o.ReadOnlyMethods = []string{"*"} },
		"a rate without a limiter":      func(o *Options) { o.Rate = ratelimit.Rate{Requests: 1, Per: time.Second} },
		"a rate that cannot be kept": func(o *Options) {
			o.Limiter, o.Rate = ratelimit.NewLocal(), ratelimit.Rate{Requests: 1, Per: time.Nanosecond}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Authenticator: authenticator{}, ClientIP: func(*http.Request) netip.Addr { return netip.Addr{} }}
			change(&o)
			if _, err := New(o); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestAKnownTokenCostsOneAllocation(t *testing.T) {
	g := newGate(t, ruled, func(o *Options) { o.Used = func(string) {} })
	r := request("GET", "/v1/songs", "user", "")
	r.Body = http.NoBody // as a server has it; a body costs another
	w := httptest.NewRecorder()
	next := func(http.ResponseWriter, *http.Request, *token.Grant) error { return nil }
	credential := r.Header["Authorization"]
	if n := testing.AllocsPerRun(100, func() {
		r.Header["Authorization"] = credential
		if _, err := g.Handle(w, r, next); err != nil {
			t.Error(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations, and one is for the values of our headers", n)
	}
}

func BenchmarkKnownToken(b *testing.B) {
	g := newGate(b, ruled)
	w := httptest.NewRecorder()
	r := request("GET", "/v1/songs", "user", "")
	credential := r.Header["Authorization"]
	next := func(http.ResponseWriter, *http.Request, *token.Grant) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		r.Header["Authorization"] = credential
		_, _ = g.Handle(w, r, next)
	}
}
