package store_test

import (
	"log/slog"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/embedded"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// The servers that all tests share; each test has a prefix of its own.
var (
	redisServer   = once(func() (*redistest.Server, error) { return redistest.Launch() })
	clusterServer = once(redistest.LaunchCluster)
	launched      []*redistest.Server
)

func once(launch func() (*redistest.Server, error)) func() (*redistest.Server, error) {
	return sync.OnceValues(func() (*redistest.Server, error) {
		server, err := launch()
		if err == nil {
			launched = append(launched, server)
		}
		return server, err
	})
}

func TestMain(m *testing.M) {
	logging.Disable() // go-redis would report every dial that a test lets fail
	goleak.VerifyTestMain(stopAfter{m})
}

type stopAfter struct{ m *testing.M }

func (s stopAfter) Run() int {
	defer func() {
		for _, server := range launched {
			server.Stop()
		}
	}()
	return s.m.Run()
}

// backends are all that a store may stand on. A cluster of one node refuses every
// command and transaction that spans slots.
var backends = []struct {
	name string
	open func(t *testing.T) *store.Store
}{
	{"miniredis", func(t *testing.T) *store.Store { return open(t, "redis://"+miniredis.RunT(t).Addr()) }},
	{"embedded", openEmbedded},
	{"redis", func(t *testing.T) *store.Store { return open(t, "unix://"+shared(t, redisServer)) }},
	{"cluster", func(t *testing.T) *store.Store { return open(t, "redis://"+shared(t, clusterServer)+"?cluster=true") }},
}

func shared(t *testing.T, launch func() (*redistest.Server, error)) string {
	t.Helper()
	server, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	return server.Address
}

// onEach runs a test of behaviour on every backend.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { test(t, b.open(t)) })
	}
}

func open(t *testing.T, addresses ...string) *store.Store {
	t.Helper()
	o, err := store.ParseAddresses(addresses, store.Options{Prefix: t.Name() + ":" + token.NewID() + ":"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func openEmbedded(t *testing.T) *store.Store {
	server, err := embedded.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(server.Client(), store.DefaultPrefix)
	t.Cleanup(func() {
		closeStore(t, s)
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func closeStore(t *testing.T, s *store.Store) {
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// onMiniredis gives a store and a client that can put anything into it.
func onMiniredis(t *testing.T) (*store.Store, *redis.Client) {
	s := open(t, "redis://"+miniredis.RunT(t).Addr())
	return s, s.Redis().(*redis.Client)
}
