package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
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

// currentMirror is the mirror that metrics are read from.
var currentMirror atomic.Pointer[revocation.Mirror]

// shared is what belongs to a store and not to a configuration.
type shared struct {
	store    *store.Store
	mirror   *revocation.Mirror
	follower *revocation.Follower
	imported *verifier.Imported
	uses     *lastuse.Recorder
	limiter  *ratelimit.Limiter
	tokens   tokenCaches

	stop  context.CancelFunc
	done  sync.WaitGroup
	close func() error
}

// openShared opens the store and starts to follow its feed. The embedded store
// must open; Redis need not answer.
func openShared(s *Store, options store.Options, directory string, log *slog.Logger) (*shared, error) {
	sh := &shared{}
	if s.embedded() {
		server, err := embedded.Open(directory, log)
		if err != nil {
			return nil, err
		}
		sh.store = store.New(server.Client(store.ObserveHook(observeStore)), options.Prefix)
		sh.close = func() error { return errors.Join(sh.store.Close(), server.Close()) }
	} else {
		opened, err := store.Open(options)
		if err != nil {
			return nil, err
		}
		sh.store, sh.close = opened, opened.Close
	}
	sh.mirror = revocation.NewMirror(defaultMaxStaleness)
	durable, err := openCopy(s, sh.mirror, directory, log)
	if err != nil {
		return nil, errors.Join(err, sh.close())
	}
	sh.follower = revocation.NewFollower(sh.store, sh.mirror, log)
	sh.imported = verifier.NewImported(sh.store)
	sh.uses = lastuse.New(sh.store, log)
	sh.limiter = ratelimit.NewLocal() // the embedded store has one node
	if !s.embedded() {
		sh.limiter = ratelimit.New(sh.store)
	}
	ctx, cancel := context.WithCancel(context.Background())
	sh.stop = cancel
	sh.done.Go(func() { sh.follower.Run(ctx) })
	if durable != nil {
		sh.done.Go(func() { durable.Run(ctx) })
	}
	sh.done.Go(func() { sh.imported.Run(ctx, log) })
	sh.done.Go(func() { sh.uses.Run(ctx) })
	return sh, nil
}

// openCopy starts the mirror with what this node knew when it stopped, so that it
// can serve while Redis is down. The embedded store is a durable copy itself.
func openCopy(s *Store, m *revocation.Mirror, directory string, log *slog.Logger) (*revocation.Copy, error) {
	if s.embedded() {
		return nil, nil
	}
	node, err := caddy.InstanceID()
	if err != nil {
		return nil, fmt.Errorf("reading the id of this node: %w", err)
	}
	return revocation.OpenCopy(m, directory, node.String(), log)
}

// Destruct implements [caddy.Destructor].
func (sh *shared) Destruct() error {
	if caddy.Exiting() {
		return sh.shut()
	}
	time.AfterFunc(drain, func() { _ = sh.shut() })
	return nil
}

func (sh *shared) shut() error {
	sh.stop()
	sh.done.Wait()
	return sh.close()
}
