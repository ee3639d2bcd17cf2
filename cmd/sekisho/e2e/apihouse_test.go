package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"text/template"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// apiSite is what the Caddyfile of a gate in front of an API is made of.
type apiSite struct {
	Admin string // of Caddy's admin API, host:port, as all addresses here
	At    string // where the API and the doors are
	API   string // the API behind

	Storage string // directory of Caddy's storage, which neighbours share, and with it the keys
	Store   string // arguments of "store"
	Key     string // options of the admin key
	Doors   string // options of issue_tokens
	Rules   string // options of require_token
	Log     bool   // whether there is an access log
	Proxies string // networks whose X-Forwarded-For is believed; empty: none
}

var apiCaddyfile = template.Must(template.New("Caddyfile").Parse(`{
	admin {{.Admin}}
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	storage file_system {{.Storage}}
	{{with .Proxies}}servers {
		trusted_proxies static {{.}}
	}{{end}}
	sekisho {
		store {{.Store}}
		admin_key ops {env.SEKISHO_ADMIN_KEY} {
			{{.Key}}
		}
	}
}

http://{{.At}} {
	{{if .Log}}log{{end}}
	metrics /metrics
	issue_tokens {
		{{.Doors}}
	}
	require_token /api/v1/* api {
		{{.Rules}}
	}
	reverse_proxy {{.API}}
}
`))

// apiHouse is a gate in front of a small API.
type apiHouse struct {
	site     apiSite
	base     string // where the API and the doors are, a URL
	adminKey string
	gate     *testrig.Gate
}

// smallAPI answers as the API of the samples does.
func smallAPI() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/users", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"success":true,"count":1,"users":[{"user_id":"U123456","nickname":"ユーザー名"}]}`)
	})
	mux.HandleFunc("GET /api/v1/user/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"success":true,"user_id":%q,"nickname":"ユーザー名"}`, r.PathValue("id"))
	})
	mux.HandleFunc("GET /api/v1/songs", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"success":true,"query":%q,"by":%q}`, r.URL.RawQuery, r.Header.Get("X-Token-Id"))
	})
	return mux
}

// startAPI starts a gate whose API asks for a token under /api/v1.
func startAPI(t *testing.T, options ...func(*apiSite)) *apiHouse {
	t.Helper()
	return startBefore(t, smallAPI(), options...)
}

// startBefore is startAPI for another API. Gate and API end with the test.
func startBefore(t *testing.T, api http.Handler, options ...func(*apiSite)) *apiHouse {
	t.Helper()
	upstream := httptest.NewServer(api)
	t.Cleanup(upstream.Close)
	h := &apiHouse{
		site:     apiSite{API: strings.TrimPrefix(upstream.URL, "http://"), Storage: t.TempDir(), Store: "embedded"},
		adminKey: "admin-" + rand.Text(),
	}
	for _, option := range options {
		option(&h.site)
	}
	h.start(t)
	return h
}

// start starts the gate on addresses of its own.
func (h *apiHouse) start(t *testing.T) {
	t.Helper()
	h.site.Admin, h.site.At = address(t), address(t)
	h.base = "http://" + h.site.At
	var text strings.Builder
	if err := apiCaddyfile.Execute(&text, h.site); err != nil {
		t.Fatal(err)
	}
	gate, err := testrig.StartGate(t.Context(), testrig.GateConfig{
		Path: binary, Dir: t.TempDir(), Caddyfile: text.String(), Admin: h.site.Admin, Ready: h.base + "/.well-known/jwks.json",
		Env: []string{"SEKISHO_ADMIN_KEY=" + h.adminKey},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.gate = gate
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the gate at %s:\n%s", h.base, gate.Log())
		}
		_ = gate.Kill()
	})
}

// neighbour starts a second gate in front of the same API, with the same store and keys.
func (h *apiHouse) neighbour(t *testing.T) *apiHouse {
	t.Helper()
	second := *h
	second.start(t)
	return &second
}

// storedIn keeps the tokens in a Redis instead of the embedded store.
func storedIn(r *testrig.Redis) func(*apiSite) {
	return func(s *apiSite) { s.Store = "redis://" + r.Address + "/0" }
}

// created reads a new token and its id.
func created(t *testing.T, a answer) (credential, id string) {
	t.Helper()
	var reply struct{ ID, Token string }
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil || a.status != http.StatusCreated || reply.Token == "" {
		t.Fatalf("create: %d %s", a.status, a.body)
	}
	return reply.Token, reply.ID
}

// developerToken makes a token and gives it with its id; limits may narrow it, as
// further members of the request.
func (h *apiHouse) developerToken(t *testing.T, limits ...string) (credential, id string) {
	t.Helper()
	body := "{" + strings.Join(append(limits, `"note":"MyApp API Integration"`), ",") + "}"
	return created(t, mustCall(t, http.MethodPost, h.base+"/devtokens", h.adminKey, body))
}
