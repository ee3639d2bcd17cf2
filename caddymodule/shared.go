package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/embedded"
	"github.com/sekisho-project/sekisho/store/lastuse"
	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/verifier"
)

// drain is how long a store outlives the last configuration that used it:
// Caddy cleans up while requests of that configuration are still being answered.
// Tests, whose Redis ends with them, shorten it.
var drain = 30 * time.Second

// pool keeps a store and its mirror over reloads, so that a reload works while
// Redis is down and a new configuration knows every revocation at once.
var pool = caddy.NewUsagePool()

// draining are the stores of no configuration, by their key in the pool. One that wants
// such a store takes it over: it could not open the directory of an embedded one again.
var draining = struct {
	sync.Mutex
	stores map[string]*shared
}{stores: map[string]*shared{}}

// shared is what belongs to a store and not to a configuration.
type shared struct {
	key      string // in the pool
	store    *store.Store
	mirror   *revocation.Mirror
	copy     *revocation.Copy // of the mirror; nil where the store itself is on this node
	follower *revocation.Follower
	imported *verifier.Imported
	uses     *lastuse.Recorder
	limiter  *ratelimit.Limiter
	cache    keptCache
	log      storeLog

	stop  context.CancelFunc
	done  sync.WaitGroup
	close func() error

	shuts *time.Timer   // while it is draining
	gone  chan struct{} // closed when it has shut after that
}

// openShared opens the store and starts to follow its feed, unless it is draining. The
// embedded store must open; Redis need not answer.
func openShared(key string, s *Store, options store.Options, directory string, log *slog.Logger) (*shared, error) {
	if sh := stillOpen(key); sh != nil {
		return sh, nil
	}
	sh := &shared{key: key, mirror: revocation.NewMirror(defaultMaxStaleness)}
	sh.log.current.Store(log)
	log = slog.New(&sh.log)
	open := sh.openRedis
	if s.embedded() {
		open = sh.openEmbedded
	}
	if err := open(options, directory, log); err != nil {
		return nil, err
	}
	sh.follower = revocation.NewFollower(sh.store, sh.mirror, log)
	sh.imported = verifier.NewImported(sh.store)
	sh.uses = lastuse.New(sh.store, log)
	ctx, cancel := context.WithCancel(context.Background())
	sh.stop = cancel
	sh.done.Go(func() { sh.follower.Run(ctx) })
	if sh.copy != nil {
		sh.done.Go(func() { sh.copy.Run(ctx) })
	}
	sh.done.Go(func() { sh.imported.Run(ctx, log) })
	sh.done.Go(func() { sh.uses.Run(ctx) })
	return sh, nil
}

func (sh *shared) openEmbedded(options store.Options, directory string, log *slog.Logger) error {
	server, err := embedded.Open(directory, log)
	if err != nil {
		return err
	}
	sh.store = store.New(server.Client(store.ObserveHook(observeStore)), options.Prefix)
	sh.close = func() error { return errors.Join(sh.store.Close(), server.Close()) }
	sh.limiter = ratelimit.NewLocal() // there is one node only
	return nil
}

// openRedis starts the mirror with what this node knew when it stopped, so that it
// can serve while Redis is down.
func (sh *shared) openRedis(options store.Options, directory string, log *slog.Logger) error {
	node, err := caddy.InstanceID()
	if err != nil {
		return fmt.Errorf("reading the id of this node: %w", err)
	}
	if sh.store, err = store.Open(options); err != nil {
		return err
	}
	if sh.copy, err = revocation.OpenCopy(sh.mirror, directory, node.String(), options.String()+" "+options.Prefix, log); err != nil {
		return errors.Join(err, sh.store.Close())
	}
	sh.close = sh.store.Close
	sh.limiter = ratelimit.New(sh.store)
	return nil
}

// Destruct implements [caddy.Destructor].
func (sh *shared) Destruct() error {
	if caddy.Exiting() {
		return sh.shut()
	}
	draining.Lock()
	defer draining.Unlock()
	draining.stores[sh.key] = sh
	sh.gone = make(chan struct{})
	sh.shuts = time.AfterFunc(drain, func() {
		_ = sh.shut()
		draining.Lock()
		delete(draining.stores, sh.key)
		draining.Unlock()
		close(sh.gone)
	})
	return nil
}

// stillOpen takes a store that is draining, or waits for one that shuts already.
func stillOpen(key string) *shared {
	draining.Lock()
	sh := draining.stores[key]
	taken := sh != nil && sh.shuts.Stop()
	if taken {
		delete(draining.stores, key)
	}
	draining.Unlock()
	if sh != nil && !taken {
		<-sh.gone
		return nil
	}
	return sh
}

func (sh *shared) shut() error {
	sh.stop()
	sh.done.Wait()
	return sh.close()
}
