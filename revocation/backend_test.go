package revocation

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/embedded"
)

// backends are the stores that every behaviour is proven on.
var backends = map[string]func(*testing.T) *store.Store{
	"miniredis":    miniStore,
	"embedded":     embeddedStore,
	"redis-server": func(t *testing.T) *store.Store { return startRedis(t).open(t) },
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

// redisServer is a real Redis on a Unix socket, which writes every change to disk
// before it answers.
type redisServer struct {
	dir     string
	process *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "redis") // t.TempDir is too long for a socket
	must(t, err)
	r := &redisServer{dir: dir}
	t.Cleanup(func() {
		r.kill()
		os.RemoveAll(dir)
	})
	r.start(t)
	return r
}

func (r *redisServer) socket() string { return filepath.Join(r.dir, "s") }

func (r *redisServer) start(t *testing.T) {
	t.Helper()
	r.process = exec.Command("redis-server", "--port", "0", "--unixsocket", r.socket(), "--dir", r.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always")
	must(t, r.process.Start())
	client := redis.NewClient(options(redis.Options{Network: "unix", Addr: r.socket()}))
	defer client.Close()
	eventually(t, "redis-server answers", func() bool {
		return client.Ping(context.Background()).Err() == nil
	})
}

// kill ends the server at once, as kill -9 does.
func (r *redisServer) kill() {
	r.process.Process.Kill()
	r.process.Wait()
}

func (r *redisServer) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	must(t, r.process.Process.Signal(s))
}

// hang returns when the server does nothing any more, as under kill -STOP.
func (r *redisServer) hang(t *testing.T) {
	t.Helper()
	r.signal(t, syscall.SIGSTOP)
	_, err := syscall.Wait4(r.process.Process.Pid, nil, syscall.WUNTRACED, nil)
	must(t, err)
}

func (r *redisServer) open(t *testing.T) *store.Store {
	return newStore(t, redis.NewClient(options(redis.Options{Network: "unix", Addr: r.socket()})))
}
