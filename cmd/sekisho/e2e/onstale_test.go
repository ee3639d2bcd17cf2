package e2e

import (
	"context"
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

// staleSite is one upstream behind routes that differ in what they do once the
// store has been away for too long.
type staleSite struct{ Admin, At, Store, Upstream string }

var staleCaddyfile = template.Must(template.New("Caddyfile").Parse(`{
	admin {{.Admin}}
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	sekisho {
		store {{.Store}}
		admin_key ops {env.SEKISHO_ADMIN_KEY}
		max_staleness 10s
		organization my-org {
			group production {
				database my-db
			}
		}
	}
}

http://{{.At}} {
	route {
		metrics /metrics
		issue_tokens
		require_token /deny/* api {
			families database developer
		}
		require_token /allow/* api {
			families database developer
			on_stale allow
		}
		require_token /v2/* libsql {
			organization my-org
			database my-db
			on_stale allow
		}
		reverse_proxy {{.Upstream}}
	}
}
`))

// staleHouse is a gate with that site.
type staleHouse struct {
	base, adminKey string
	gate           *testrig.Gate
}

func startStaleHouse(t *testing.T, redis *testrig.Redis) *staleHouse {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"baton":null,"base_url":null,"results":[]}`)
	}))
	t.Cleanup(upstream.Close)
	site := staleSite{
		Admin: address(t), At: address(t), Store: "redis://" + redis.Address + "/0", Upstream: strings.TrimPrefix(upstream.URL, "http://"),
	}
	h := &staleHouse{base: "http://" + site.At, adminKey: "admin-" + rand.Text()}
	var text strings.Builder
	if err := staleCaddyfile.Execute(&text, site); err != nil {
		t.Fatal(err)
	}
	var err error
	if h.gate, err = testrig.StartGate(t.Context(), testrig.GateConfig{
		Path: binary, Dir: t.TempDir(), Caddyfile: text.String(), Admin: site.Admin, Ready: h.base + "/.well-known/jwks.json",
		Env: []string{"SEKISHO_ADMIN_KEY=" + h.adminKey},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the gate:\n%s", h.gate.Log())
		}
		_ = h.gate.Kill()
	})
	return h
}

// mint gives a token with its id, from the door at path.
func (h *staleHouse) mint(t *testing.T, path, body string) (credential, id string) {
	t.Helper()
	a := mustCall(t, http.MethodPost, h.base+path, h.adminKey, body)
	var reply struct{ JWT, Token, ID string }
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil || reply.JWT+reply.Token == "" {
		t.Fatalf("mint at %s: %d %s", path, a.status, a.body)
	}
	return reply.JWT + reply.Token, reply.ID
}

// ask is a probe with a token.
func (h *staleHouse) ask(path, credential string) func(context.Context) (answer, error) {
	return func(ctx context.Context) (answer, error) {
		return call(ctx, http.MethodPost, h.base+path, credential, `{"requests":[]}`)
	}
}

func (h *staleHouse) wants(t *testing.T, path, credential string, status int) {
	t.Helper()
	a, err := h.ask(path, credential)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.status != status {
		t.Errorf("%s: status %d, want %d: %s", path, a.status, status, a.body)
	}
}

func TestWhatPassesWhileTheRevocationsAreStaleIsUpToTheRoute(t *testing.T) {
	const database, api, strict = "/v2/pipeline", "/allow/x", "/deny/x"
	redis := startRedis(t)
	h := startStaleHouse(t, redis)
	tokens := "/v1/organizations/my-org/databases/my-db/auth/tokens"
	kept, keptID := h.mint(t, tokens, "")
	revoked, revokedID := h.mint(t, tokens, "")
	opaque, _ := h.mint(t, "/devtokens", `{"note":"x"}`)
	unseen, _ := h.mint(t, "/devtokens", `{"note":"x"}`)
	revoke := func(id string) {
		t.Helper()
		mustCall(t, http.MethodDelete, h.base+tokens+"/"+id, h.adminKey, "").wantStatus(t, http.StatusOK)
	}
	revoke(revokedID)
	h.wants(t, api, opaque, http.StatusOK)

	if err := redis.Kill(); err != nil {
		t.Fatal(err)
	}
	a := eventually(t, "the mirror to be too old", startUp, http.StatusServiceUnavailable, h.ask(strict, kept))
	if a.header.Get("Retry-After") == "" || a.code() != "REVOCATIONS_STALE" {
		t.Errorf("the refusal has Retry-After %q and body %s", a.header.Get("Retry-After"), a.body)
	}
	h.wants(t, database, kept, http.StatusOK)
	h.wants(t, api, kept, http.StatusOK)
	h.wants(t, api, opaque, http.StatusOK)
	h.wants(t, database, revoked, http.StatusUnauthorized)
	h.wants(t, api, revoked, http.StatusUnauthorized)
	h.wants(t, strict, revoked, http.StatusUnauthorized)
	h.wants(t, api, unseen, http.StatusServiceUnavailable)
	metrics := mustCall(t, http.MethodGet, h.base+"/metrics", "", "").body
	for upstream, count := range map[string]int{"api": 2, "libsql": 1} {
		if line := fmt.Sprintf("caddy_sekisho_verdicts_total{reason=\"allowed_stale\",upstream=%q} %d\n", upstream, count); !strings.Contains(metrics, line) {
			t.Errorf("the metrics lack %s: %s", line, metrics)
		}
	}
	if n := strings.Count(h.gate.Log(), "on_stale is allow"); n != 1 {
		t.Errorf("the log speaks of the outage %d times", n)
	}

	if err := redis.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the gate to heal", startUp, http.StatusOK, h.ask(strict, kept))
	revoke(keptID)
	h.wants(t, database, kept, http.StatusUnauthorized)
	h.wants(t, api, unseen, http.StatusOK)
}
