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

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// apiHouse is a gate in front of a small API.
type apiHouse struct {
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
func startAPI(t *testing.T) *apiHouse {
	t.Helper()
	upstream := httptest.NewServer(smallAPI())
	t.Cleanup(upstream.Close)
	admin, at := address(t), address(t)
	h := &apiHouse{base: "http://" + at, adminKey: "admin-" + rand.Text()}
	var err error
	h.gate, err = testrig.StartGate(t.Context(), testrig.GateConfig{
		Path: binary, Dir: t.TempDir(), Admin: admin, Ready: h.base + "/.well-known/jwks.json",
		Env: []string{"SEKISHO_ADMIN_KEY=" + h.adminKey},
		Caddyfile: `{
	admin ` + admin + `
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	sekisho {
		admin_key ops {env.SEKISHO_ADMIN_KEY}
	}
}
` + h.base + ` {
	issue_tokens
	require_token /api/v1/* api
	reverse_proxy ` + strings.TrimPrefix(upstream.URL, "http://") + `
}
`,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.gate.Kill() })
	return h
}

// developerToken makes a token and gives it with its id.
func (h *apiHouse) developerToken(t *testing.T) (credential, id string) {
	t.Helper()
	a := mustCall(t, "POST", h.base+"/devtokens", h.adminKey, `{"note":"MyApp API Integration"}`)
	var reply struct{ ID, Token string }
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil || a.status != http.StatusCreated {
		t.Fatalf("create: %d %s", a.status, a.body)
	}
	return reply.Token, reply.ID
}
