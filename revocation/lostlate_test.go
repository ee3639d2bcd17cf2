package revocation

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// The reply to a revocation is on its way while the store loses what was written, and
// the follower passes the place where it was.
func TestAnOwnWriteThatIsLostBeforeItsReplyArrivesIsWrittenAgain(t *testing.T) {
	s := miniStore(t)
	a, b := newNode(s), newNode(s)
	a.sync(t)
	b.sync(t)
	var fired atomic.Bool
	late := func() {
		if fired.Swap(true) {
			return
		}
		l := a.Registry.ledger
		last, err := s.Redis().XRevRangeN(t.Context(), l.feed, "+", "-", 1).Result()
		must(t, err)
		must(t, s.Redis().XDel(t.Context(), l.feed, last[0].ID).Err())
		must(t, s.Redis().ZRem(t.Context(), l.ids, "stolen").Err())
		must(t, newNode(s).Revoke(t.Context(), Entry{ID: "other"}))
		_, err = a.follower.sync(t.Context())
		must(t, err)
	}
	s.Redis().AddHook(hooks{pipeline: func(ctx context.Context, cmds []redis.Cmder, next redis.ProcessPipelineHook) error {
		err := next(ctx, cmds)
		if slices.ContainsFunc(cmds, func(c redis.Cmder) bool { return c.Name() == "zadd" }) {
			late()
		}
		return err
	}})
	must(t, a.Revoke(t.Context(), Entry{ID: "stolen"}))
	a.sync(t)
	b.sync(t)
	expect(t, b.Mirror, grantFor(users, "other", 0), ErrRevoked)
	expect(t, a.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
	expect(t, b.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
}

// A node that wrote more than it keeps receipts for cannot know what was lost of it.
func TestALostWriteBeyondAllReceiptsIsWrittenAgain(t *testing.T) {
	s := miniStore(t)
	a := newNode(s)
	a.sync(t)
	for range maxReceipts {
		must(t, a.Revoke(t.Context(), Entry{ID: "other"}))
	}
	must(t, a.Revoke(t.Context(), Entry{ID: "stolen"}))
	l := a.Registry.ledger
	last, err := s.Redis().XRevRangeN(t.Context(), l.feed, "+", "-", 1).Result()
	must(t, err)
	must(t, s.Redis().XDel(t.Context(), l.feed, last[0].ID).Err())
	must(t, s.Redis().ZRem(t.Context(), l.ids, "stolen").Err())
	a.sync(t)
	fresh := newNode(s)
	fresh.sync(t)
	expect(t, fresh.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
}

// After the first pages were read, a fail-over loses the newest id, of which the feed
// has not been heard: all that is still unread moves up by one.
func TestAFailOverWhileEverythingIsReadHidesNoID(t *testing.T) {
	s := miniStore(t)
	writer := newNode(s)
	writer.sync(t)
	const n = snapshotPages*snapshotPageSize + 1
	entries := make([]Entry, n)
	for i := range entries {
		entries[i].ID = fmt.Sprintf("id%06d", i)
		entries[i].ForgetAfter = time.Now().Add(time.Hour)
	}
	reader := newNode(s)
	l := reader.Registry.ledger
	for batch := range slices.Chunk(entries, revokeBatch) { // too long ago for the feed to tell
		members := make([]redis.Z, len(batch))
		for i, e := range batch {
			members[i] = redis.Z{Member: e.ID, Score: float64(e.ForgetAfter.Unix())}
		}
		must(t, s.Redis().ZAdd(t.Context(), l.ids, members...).Err())
	}
	var feedHeld sync.RWMutex
	var read atomic.Bool
	s.Redis().AddHook(hooks{pipeline: func(ctx context.Context, cmds []redis.Cmder, next redis.ProcessPipelineHook) error {
		if slices.ContainsFunc(cmds, func(c redis.Cmder) bool { return c.Name() == "xrange" }) {
			feedHeld.RLock() // the connection that listens is slow for a moment
			defer feedHeld.RUnlock()
		}
		if cmds[0].Name() != "zrange" || read.Swap(true) {
			return next(ctx, cmds)
		}
		feedHeld.Lock()
		defer feedHeld.Unlock()
		must(t, writer.Revoke(context.Background(), Entry{ID: "newest"})) // acknowledged
		err := next(ctx, cmds)
		newest, e := s.Redis().XRevRangeN(context.Background(), l.feed, "+", "-", 1).Result()
		must(t, e)
		must(t, s.Redis().XDel(context.Background(), l.feed, newest[0].ID).Err())
		must(t, s.Redis().ZRem(context.Background(), l.ids, "newest").Err())
		return err
	}})
	reader.sync(t)
	writer.sync(t)
	reader.sync(t)
	missing := 0
	for _, e := range entries {
		if reader.Judge(grantFor(users, e.ID, 0), time.Now()) != ErrRevoked {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d ids that are in the store pass on the node that read it, which is proven fresh: %+v", missing, n, reader.Stats(time.Now()))
	}
	expect(t, reader.Mirror, grantFor(users, "newest", 0), ErrRevoked)
}
