package e2e

import (
	"crypto/rand"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// house is a gate with a libSQL server behind it.
type house struct {
	site
	gate     *testrig.Gate
	sqld     *testrig.Sqld
	sqldDir  string    // all that the libSQL server writes
	upstream *upstream // nil unless recorded
	adminKey string
	owner    string // a full-access token for my-db, where a test needs one at hand
	secrets  *secrets
}

// withRedis keeps tokens in a Redis instead of the embedded store.
func withRedis(r *testrig.Redis) func(*site) {
	return func(s *site) { s.Store = "redis://" + r.Address + "/0" }
}

// withStaleness limits for how long the gate answers without its store.
func withStaleness(limit time.Duration) func(*site) {
	return func(s *site) { s.Stale = limit.String() }
}

// recorded keeps what the gate sends to the libSQL server.
func recorded(s *site) { s.Recorded = true }

// startHouse starts a gate, and behind it a libSQL server with the databases
// "my-db" and "other-db". Both end with the test.
func startHouse(t *testing.T, options ...func(*site)) *house {
	t.Helper()
	h := &house{
		site: site{
			Storage: t.TempDir(), Store: "embedded", Stale: "5m",
			Listener: map[string]string{"my-db": "", "other-db": ""},
		},
		adminKey: "admin-" + rand.Text(),
		secrets:  new(secrets),
	}
	h.secrets.add(h.adminKey)
	sqldAddress := address(t)
	for _, option := range options {
		option(&h.site)
	}
	h.Upstream = sqldAddress
	if h.Recorded {
		h.upstream = startUpstream(t, sqldAddress, h.secrets)
		h.Upstream = h.upstream.address
	}
	h.startGate(t)
	h.startSqld(t, sqldAddress)
	return h
}

// startGate starts the gate on addresses of its own.
func (h *house) startGate(t *testing.T) {
	t.Helper()
	h.Admin, h.Tokens, h.Hosts = address(t), address(t), address(t)
	h.Listener = maps.Clone(h.Listener)
	for _, database := range slices.Collect(maps.Keys(h.Listener)) {
		h.Listener[database] = address(t)
	}
	gate, err := testrig.StartGate(t.Context(), testrig.GateConfig{
		Path: binary, Dir: t.TempDir(), Caddyfile: h.caddyfile(t), Admin: h.Admin,
		Ready: "http://" + h.Tokens + "/.well-known/jwks.json",
		Env:   append(h.Env, "SEKISHO_ADMIN_KEY="+h.adminKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.gate = gate
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the gate at %s:\n%s", h.Tokens, gate.Log())
		}
		if err := gate.Stop(); err != nil {
			t.Error(err)
		}
	})
}

func (h *house) startSqld(t *testing.T, at string) {
	t.Helper()
	key, err := h.gate.UpstreamKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	h.sqldDir = dir
	keyFile := filepath.Join(dir, "upstream.pem")
	if err := os.WriteFile(keyFile, key, 0o600); err != nil {
		t.Fatal(err)
	}
	h.sqld, err = testrig.StartSqld(t.Context(), testrig.SqldConfig{Path: sqld, Address: at, Dir: dir, KeyFile: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.sqld.Kill() })
	for database := range h.Listener {
		if err := h.sqld.CreateNamespace(t.Context(), database); err != nil {
			t.Fatal(err)
		}
	}
}

// neighbour starts a second gate of the same fleet: same configuration, same
// storage, same libSQL server, and the same store if that is a Redis.
func (h *house) neighbour(t *testing.T) *house {
	t.Helper()
	second := *h
	second.startGate(t)
	return &second
}

// startRedis starts a Redis that ends with the test.
func startRedis(t *testing.T) *testrig.Redis {
	t.Helper()
	redis, err := testrig.StartRedis(t.Context(), address(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Kill() })
	return redis
}

func address(t *testing.T) string {
	t.Helper()
	free, err := testrig.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return free
}
