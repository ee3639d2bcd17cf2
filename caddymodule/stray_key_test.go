package caddymodule

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/sekisho-project/sekisho/issuer"
)

// ask sends a request with these header fields and gives the status and the body.
func ask(t *testing.T, base, path string, header http.Header) (status int, body string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodDelete, base+path, nil)
	r.Header = header
	w := httptest.NewRecorder()
	server(t).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func basic(name, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+secret))
}

func TestAnAdminKeyOnAMistypedPathGoesNowhere(t *testing.T) {
	dial := upstream(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s reached the API with %v", r.URL, r.Header) })
	base := load(t, global("store embedded "+t.TempDir())+`
http://:0 {
	bind 127.0.0.1
	metrics /metrics
	issue_tokens
	require_token /api/* api
	reverse_proxy `+dial+`
}
`)
	for _, path := range []string{"/devtoken/jt_1", "/devtokenz", "/", "//devtokens/jt_1", "/DevTokens", "/api/token", "/v1/organisations/my-org", "/oauth/revok", "/.well-known/jwks"} {
		for name, header := range map[string]http.Header{
			"Bearer":     {"Authorization": {"Bearer " + adminKey}},
			"lower case": {"Authorization": {"bearer " + adminKey}},
			"of two":     {"Authorization": {"Bearer x", "Bearer " + adminKey}},
			"Basic":      {"Authorization": {basic("ops", adminKey)}},
			"encoded":    {"Authorization": {basic("ops", strings.ReplaceAll(adminKey, "-", "%2D"))}},
			"X-API-Key":  {"X-Api-Key": {adminKey}},
		} {
			status, body := ask(t, base, path, header)
			if status != http.StatusNotFound || !strings.Contains(body, `"code":"NOT_FOUND"`) || !strings.Contains(body, "/devtokens") {
				t.Errorf("%s, %s: %d %s", path, name, status, body)
			}
		}
	}
	if _, body := call(t, "GET", base+"/metrics", "", ""); !strings.Contains(body, `caddy_sekisho_door_refusals_total{reason="route"} `) {
		t.Errorf("metrics: %s", body)
	}
}

func TestWhatIsNoAdminKeyPassesOn(t *testing.T) {
	load(t, global("store embedded "+t.TempDir())+`
http://:0 {
	bind 127.0.0.1
	issue_tokens
	respond "someone else" 299
}
`)
	for name, header := range map[string]http.Header{
		"nothing":         {},
		"another key":     {"Authorization": {"Bearer " + adminKey[:len(adminKey)-1] + "x"}},
		"half a key":      {"Authorization": {"Bearer " + adminKey[:len(adminKey)/2]}},
		"a longer key":    {"Authorization": {"Bearer " + adminKey + "x"}},
		"no scheme":       {"Authorization": {adminKey}},
		"Basic":           {"Authorization": {basic("ops", adminKey+"x")}},
		"Basic, no pair":  {"Authorization": {"Basic " + adminKey}},
		"Basic, mistaken": {"Authorization": {basic("ops", "%zz")}},
		"X-API-Key":       {"X-Api-Key": {"x" + adminKey[1:]}},
	} {
		if status, body := ask(t, "http://localhost", "/devtoken/jt_1", header); status != 299 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestTheDoorsAreWhereACallerIsSent(t *testing.T) {
	for i, d := range doors {
		for _, root := range d.roots {
			if index, owned := doorOf(httptest.NewRequest(http.MethodGet, root, nil)); !owned || index != i {
				t.Errorf("not its door at %s", root)
			}
		}
	}
}

func TestARequestOfTheAPICostsNoAllocationAtTheDoors(t *testing.T) {
	key, err := issuer.NewAdminKey("ops", adminKey, issuer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := issuer.NewAdminKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	h := &IssueTokens{keys: keys}
	passed := 0
	next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { passed++; return nil })
	for name, value := range map[string]string{
		"a JWT":                           "Bearer eyJhbGciOiJFZERTQSJ9.e30." + strings.Repeat("x", 86),
		"a token of the length of a key":  "Bearer " + strings.Repeat("x", len(adminKey)),
		"a developer token":               "Bearer jt_abc123def4567890_" + strings.Repeat("x", 40),
		"something of no length of a key": "Bearer " + strings.Repeat("x", 9000),
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/songs", nil)
		r.Header["Authorization"] = []string{value}
		passed = 0
		if n := testing.AllocsPerRun(100, func() { _ = h.ServeHTTP(nil, r, next) }); n != 0 || passed != 101 {
			t.Errorf("%s: %v allocations, passed on %d times", name, n, passed)
		}
	}
}
