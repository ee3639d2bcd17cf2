package revocation

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// knowing makes a node that knows n revoked ids of which no other does.
func knowing(s *store.Store, n int) (*node, []string) {
	known := newNode(s)
	ids := make(map[string]int64, n)
	for range n {
		ids[token.NewID()] = 0
	}
	known.apply(event{revoked: ids})
	return known, slices.Collect(maps.Keys(ids))
}

func feedSize(t *testing.T, s *store.Store) int64 {
	t.Helper()
	n, err := s.Redis().XLen(t.Context(), newLedger(s).feed).Result()
	must(t, err)
	return n
}

func TestAMassRepairIsNotToldIDByID(t *testing.T) {
	const lost = 50_000
	s := redisStore(t, startRedis(t))
	a, ids := knowing(s, lost)
	b := newNode(s)
	clock := time.Now()
	b.follower.now = func() time.Time { return clock }
	b.sync(t)
	must(t, b.Revoke(t.Context(), Entry{ID: "other"}))

	began := time.Now()
	a.sync(t)
	took, entries := time.Since(began), feedSize(t, s)
	t.Logf("%d ids were put back in %s, with %d entries in the feed", lost, took.Round(time.Millisecond), entries)
	if entries > lost/(massBatches*revokeBatch)+3 {
		t.Errorf("%d entries", entries)
	}
	if n, err := s.Redis().ZCard(t.Context(), newLedger(s).ids).Result(); err != nil || n != lost+1 {
		t.Errorf("the store has %d ids, %v", n, err)
	}
	expect(t, a.Mirror, grantFor(orders, "other", 0), ErrRevoked)

	if gap := b.sync(t); gap != nil {
		t.Errorf("gap = %v", gap)
	}
	if got := b.proved(); !got.Before(clock.Add(time.Millisecond)) {
		t.Errorf("proven at %v, before everything was read", got)
	}
	clock = clock.Add(unlistedDelay)
	b.sync(t)
	if got := b.Stats(time.Now()); got.Revoked != lost+1 || got.Resyncs != 2 {
		t.Errorf("the other node: %+v", got)
	}
	expect(t, b.Mirror, grantFor(orders, ids[0], 0), ErrRevoked)
	b.sync(t)
	if got := b.proved(); !got.Equal(clock) {
		t.Errorf("proven at %v, want %v", got, clock)
	}
	if got := a.Stats(time.Now()); got.Resyncs != 1 || got.Repairs != 1 {
		t.Errorf("the node that repaired: %+v", got)
	}
}

func TestWhatWasPutBackIsKnownEverywhereAlsoIfTheRepairWasCutOff(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		b := newNode(s)
		clock := time.Now()
		b.follower.now = func() time.Time { return clock }
		b.sync(t)
		dying := newNode(s)
		must(t, dying.follower.writeUnlisted(t.Context(), []map[string]int64{{"stolen": 0}, {"mortal": time.Now().Unix() + 3600}}))

		b.sync(t)
		must(t, newNode(s).Revoke(t.Context(), Entry{ID: "meanwhile"}))
		b.sync(t)
		expect(t, b.Mirror, grantFor(orders, "meanwhile", 0), ErrRevoked)
		clock = clock.Add(unlistedDelay)
		b.sync(t)
		expect(t, b.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)
		expect(t, b.Mirror, grantFor(orders, "mortal", 0), ErrRevoked)
	})
}

func TestAMintBetweenALossAndItsRepairMayBeDeniedAndBringsNothingBack(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		knows := newNode(s)
		must(t, knows.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		knows.sync(t)
		wipe(t, s)
		stranger := newNode(s)
		stranger.sync(t)
		between := stranger.mint(t, orders, "between")
		other := stranger.mint(t, users, "other")
		unharmed := knows.mint(t, orders, "unharmed")

		knows.sync(t)
		stranger.sync(t)
		late := stranger.mint(t, orders, "late")
		for _, n := range []*node{knows, stranger} {
			expect(t, n.Mirror, grantFor(orders, "old", 0), ErrRotated)
			expect(t, n.Mirror, between, ErrRotated)
			expect(t, n.Mirror, other, nil)
			expect(t, n.Mirror, unharmed, nil)
			expect(t, n.Mirror, late, nil)
		}
	})
}

func TestRevocationsAreHeardWhileAMassRepairGoesOn(t *testing.T) {
	s := redisStore(t, startRedis(t))
	a, _ := knowing(s, 20_000)
	must(t, a.follower.resync(t.Context()))
	must(t, newNode(s).Revoke(t.Context(), Entry{ID: "stolen"}))
	heard := false
	write := a.follower.writeUnlisted
	rounds := 0
	for batches := range chunks(a.follower.lacking.revoked.all(), revokeBatch, massBatches) {
		must(t, write(t.Context(), batches))
		_, err := a.follower.catchUp(t.Context())
		must(t, err)
		rounds++
		heard = heard || a.Judge(grantFor(orders, "stolen", 0), time.Now()) == ErrRevoked
		if heard {
			break
		}
	}
	if !heard || rounds != 1 {
		t.Errorf("heard %v after %d rounds", heard, rounds)
	}
}

func TestAMassRepairThatAFailoverLosesIsNoticed(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		n.sync(t)
		must(t, n.follower.writeUnlisted(t.Context(), []map[string]int64{{"stolen": 0}}))
		l := newLedger(s)
		newest, err := s.Redis().XRevRangeN(t.Context(), l.feed, "+", "-", 1).Result()
		must(t, err)
		must(t, s.Redis().ZRem(t.Context(), l.ids, "stolen").Err())
		must(t, s.Redis().XDel(t.Context(), l.feed, newest[0].ID).Err())
		if gap := n.sync(t); !errors.Is(gap, errGap) {
			t.Errorf("gap = %v", gap)
		}
	})
}

func TestChunksHoldEveryIDOnce(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ids := rapid.MapOf(rapid.StringMatching(`[a-z]{1,3}`), rapid.Int64()).Draw(r, "ids")
		size, count := rapid.IntRange(1, 5).Draw(r, "size"), rapid.IntRange(1, 5).Draw(r, "count")
		seen := map[string]int64{}
		for chunk := range chunks(maps.All(ids), size, count) {
			if len(chunk) > count {
				r.Errorf("%d maps", len(chunk))
			}
			for _, batch := range chunk {
				if len(batch) == 0 || len(batch) > size {
					r.Errorf("a map of %d", len(batch))
				}
				maps.Copy(seen, batch)
			}
		}
		if !maps.Equal(seen, ids) {
			r.Errorf("got %v, want %v", seen, ids)
		}
	})
}
