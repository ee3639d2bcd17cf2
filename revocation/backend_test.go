package revocation

import (
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/embedded"
	"github.com/sekisho-project/sekisho/store/redistest"
)

// backends are the stores that every behaviour is proven on.
var backends = map[string]func(*testing.T) *store.Store{
	"miniredis":    miniStore,
	"embedded":     embeddedStore,
	"redis-server": func(t *testing.T) *store.Store { return redisStore(t, startRedis(t)) },
}

func onEveryBackend(t *testing.T, test func(*testing.T, *store.Store)) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func options(o redis.Options) *redis.Options {
	o.ContextTimeoutEnabled = true
	o.MaxRetries = 1
	o.DialTimeout = time.Second
	o.DialerRetries = 1
	return &o
}

func newStore(t *testing.T, client *redis.Client) *store.Store {
	t.Cleanup(func() { client.Close() })
	return store.New(client, store.DefaultPrefix)
}

func miniStore(t *testing.T) *store.Store {
	return newStore(t, redis.NewClient(options(redis.Options{Addr: miniredis.RunT(t).Addr()})))
}

func embeddedStore(t *testing.T) *store.Store {
	server, err := embedded.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	return newStore(t, server.Client())
}

// wipe loses everything, as FLUSHALL does.
func wipe(t *testing.T, s *store.Store) {
	t.Helper()
	l := newLedger(s)
	must(t, s.Redis().Del(t.Context(), l.ids, l.generations, l.rotations, l.feed, l.lineage).Err())
}

// startRedis starts a real Redis that writes every change to disk before it answers.
func startRedis(t *testing.T) *redistest.Server {
	t.Helper()
	return redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
}

func redisStore(t *testing.T, server *redistest.Server) *store.Store {
	return newStore(t, redis.NewClient(options(redis.Options{Network: "unix", Addr: server.Address})))
}
