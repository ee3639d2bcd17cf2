package store_test

import (
	"log/slog"
	"strings"
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
	simpleServer  = once(func() (*redistest.Server, error) { return redistest.Launch("--rename-command", "HELLO", "") })
	clusterServer = once(func() (*redistest.Cluster, error) { return redistest.LaunchCluster(3) })
	launched      []interface{ Stop() }
)

func once[S interface{ Stop() }](launch func() (S, error)) func(*testing.T) S {
	shared := sync.OnceValues(func() (S, error) {
		server, err := launch()
		if err == nil {
			launched = append(launched, server)
		}
		return server, err
	})
	return func(t *testing.T) S {
		t.Helper()
		server, err := shared()
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
}

func TestMain(m *testing.M) {
	logging.Disable() // go-redis would report every dial that a test lets fail
	// A closed go-redis pool stops asking for its server within a second.
	goleak.VerifyTestMain(stopAfter{m}, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
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

// backends are all that a store may stand on. The real Redis is used as a user with
// the least rights; the simple one does not know HELLO, and so no RESP3.
var backends = []struct {
	name string
	open func(t *testing.T) *store.Store
}{
	{"miniredis", func(t *testing.T) *store.Store { return open(t, "redis://"+miniredis.RunT(t).Addr()) }},
	{"embedded", openEmbedded},
	{"redis", func(t *testing.T) *store.Store { return openAs(t, redisServer(t)) }},
	{"simple", func(t *testing.T) *store.Store { return open(t, "unix://"+simpleServer(t).Address) }},
	{"cluster", openCluster},
}

// onEach runs a test of behaviour on every backend.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { test(t, b.open(t)) })
	}
}

func open(t *testing.T, addresses ...string) *store.Store {
	t.Helper()
	o, err := store.ParseAddresses(addresses, store.Options{Prefix: store.DefaultPrefix + t.Name() + ":" + token.NewID() + ":"})
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

// asTests are the rights to look at keys as these tests do.
var asTests = []string{"+exists", "+ttl", "+hlen"}

// openAs opens a server as the user that our documentation names, who may also look
// at keys as these tests do.
func openAs(t *testing.T, server *redistest.Server) *store.Store {
	t.Helper()
	user, password := server.LeastRights(t, asTests...)
	return open(t, "unix://"+user+":"+password+"@"+server.Address)
}

func openCluster(t *testing.T) *store.Store {
	t.Helper()
	cluster := clusterServer(t)
	addresses := cluster.Addresses()
	for _, master := range cluster.Masters {
		user, password := master.LeastRights(t, append(strings.Fields(redistest.ClusterRights), asTests...)...)
		if master == cluster.Masters[0] {
			addresses[0] = "redis://" + user + ":" + password + "@" + addresses[0]
		}
	}
	return open(t, addresses...)
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
