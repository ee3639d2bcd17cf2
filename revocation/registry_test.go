package revocation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

func TestRevokingRefusesTheTokenHereAtOnce(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		n.sync(t)
		must(t, n.Revoke(t.Context(), Entry{ID: "one"}, Entry{ID: "two", ForgetAfter: time.Now()}))
		must(t, n.Revoke(t.Context(), Entry{ID: "one"}))
		expect(t, n.Mirror, grantFor(orders, "one", 0), ErrRevoked)
		expect(t, n.Mirror, grantFor(orders, "two", 0), ErrRevoked)
		expect(t, n.Mirror, grantFor(orders, "three", 0), nil)
	})
}

func TestOfTwoTimesToForgetTheLaterCounts(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	early, late := Entry{"a", now}, Entry{"a", now.Add(time.Hour)}
	never := Entry{ID: "a"}
	tests := map[string]struct {
		entries []Entry
		want    float64
	}{
		"earlier first":            {[]Entry{early, late}, float64(now.Unix() + 3600)},
		"later first":              {[]Entry{late, early}, float64(now.Unix() + 3600)},
		"never is never shortened": {[]Entry{never, late}, math.Inf(1)},
		"never is the latest":      {[]Entry{late, never}, math.Inf(1)},
		"parts of a second":        {[]Entry{{"a", now.Add(1)}}, float64(now.Unix() + 1)},
	}
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				for _, together := range []bool{false, true} {
					wipe(t, s)
					n := newNode(s)
					if together {
						must(t, n.Revoke(t.Context(), tt.entries...))
					}
					for _, e := range tt.entries {
						must(t, n.Revoke(t.Context(), e))
					}
					got, err := s.Redis().ZScore(t.Context(), n.Registry.ledger.ids, "a").Result()
					if err != nil || got != tt.want {
						t.Errorf("score = %v, %v; want %v", got, err, tt.want)
					}
				}
			})
		}
	})
}

func TestATokenMintedAfterARotationPassesAndOneFromBeforeDoesNot(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a, b := newNode(s), newNode(s)
		for i := range 5 {
			a.sync(t)
			b.sync(t)
			before := b.mint(t, orders, fmt.Sprintf("before%d", i))
			expect(t, b.Mirror, before, nil)
			must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders, group, orders}}))
			after := b.mint(t, orders, "after")
			for _, n := range []*node{a, b} {
				n.sync(t)
				expect(t, n.Mirror, before, ErrRotated)
				expect(t, n.Mirror, after, nil)
				expect(t, n.Mirror, grantFor(group, "g", 0), ErrRotated)
				expect(t, n.Mirror, grantFor(users, "u", 0), nil)
			}
		}
	})
}

func TestRotationsAndMintsThatRaceNeverRefuseANewToken(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		nodes := []*node{newNode(s), newNode(s)}
		for _, n := range nodes {
			n.run(t)
			<-n.follower.Ready()
		}
		var mu sync.Mutex
		var last *token.Grant // minted after the last rotation that returned
		var wg sync.WaitGroup
		for _, n := range nodes {
			wg.Go(func() {
				for range 20 {
					mu.Lock()
					before := last
					mu.Unlock()
					if err := n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}); err != nil {
						t.Error(err)
						return
					}
					generation, err := n.Generation(t.Context(), orders)
					if err != nil {
						t.Error(err)
						return
					}
					g := grantFor(orders, "t", generation)
					if before != nil && n.Judge(before, time.Now()) != ErrRotated {
						t.Errorf("a token from before a rotation passes it: generation %d", before.Generation)
					}
					mu.Lock()
					if last == nil || last.Generation < g.Generation {
						last = g
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for _, n := range nodes {
			redistest.Eventually(t, "every rotation arrived", func() bool { return n.Mirror.Generation(orders) >= last.Generation })
			expect(t, n.Mirror, last, nil)
		}
	})
}

func TestNoTokenIsMintedInAGenerationOfTheFutureThatNoRotationHasMade(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		n.sync(t)
		counters := n.Registry.ledger.generations
		must(t, s.Redis().HSet(t.Context(), counters, orders.String(), uint64(1)<<61).Err())
		refused := func(when string) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if generation, err := n.Generation(ctx, orders); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: generation %d, %v", when, generation, err)
			}
		}
		refused("the counter was lifted")
		n.follower.synced = false
		n.sync(t)
		refused("and everything was read anew")

		must(t, s.Redis().HDel(t.Context(), counters, orders.String()).Err())
		g := n.mint(t, orders, "minted")
		must(t, newNode(s).Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		n.sync(t)
		expect(t, n.Mirror, g, ErrRotated)
	})
}

func TestARotationTakesEffectAtItsTimeAndSparesWhatItKeeps(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a, b := newNode(s), newNode(s)
		end := time.Now().Add(time.Hour)
		must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}, Keep: []string{"z", "kept", "z"}, Effective: end}))
		b.sync(t)
		b.SetMaxStaleness(24 * time.Hour)
		kept, old := grantFor(orders, "kept", 0), grantFor(orders, "old", 0)
		for _, tt := range []struct {
			at   time.Time
			g    *token.Grant
			want error
		}{
			{end.Add(-time.Millisecond), old, nil},
			{end, old, ErrRotated},
			{end, kept, nil},
			{end, b.mint(t, orders, "new"), nil},
		} {
			if got := b.Judge(tt.g, tt.at); got != tt.want {
				t.Errorf("Judge(%s, %v) = %v, want %v", tt.g.ID, tt.at.Sub(end), got, tt.want)
			}
		}
	})
}

func TestARotationAtOnceDoesNotWaitForSlowClocks(t *testing.T) {
	s := miniStore(t)
	a, b := newNode(s), newNode(s)
	must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}, Effective: time.Now()}))
	b.sync(t)
	if err := b.Judge(grantFor(orders, "old", 0), time.Now().Add(-time.Hour)); err != ErrRotated {
		t.Errorf("by a clock that is an hour late: %v, want %v", err, ErrRotated)
	}
}

func TestAMintRaisesTheCounterOfAStoreThatForgot(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		wipe(t, s)
		expect(t, n.Mirror, n.mint(t, orders, "new"), ErrNotReady) // and not ErrRotated
		stored, err := n.Registry.ledger.generation(t.Context(), orders)
		if known := n.Mirror.Generation(orders); err != nil || stored < known {
			t.Errorf("stored generation = %d, %v; want at least %d", stored, err, known)
		}
	})
}

func TestARotationByANodeThatKnowsNothingStillRetiresWhatAForgetfulStoreNumbered(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		b := newNode(s)
		for range 3 {
			must(t, b.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		}
		b.sync(t)
		old := b.mint(t, orders, "old")
		expect(t, b.Mirror, old, nil)

		wipe(t, s)
		stranger := newNode(s)
		must(t, stranger.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		b.sync(t)
		expect(t, b.Mirror, old, ErrRotated)
	})
}

func TestARotationByANodeWhoseClockIsLateStillRetiresWhatItKnows(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		n.sync(t)
		old := n.mint(t, orders, "old")
		wipe(t, s)
		n.Registry.now = func() time.Time { return time.Now().Add(-time.Hour) }
		must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		expect(t, n.Mirror, old, ErrRotated)
	})
}

func TestWhatNoTokenCanHaveIsRefused(t *testing.T) {
	n := newNode(miniStore(t))
	for _, id := range []string{"", "UPPER", "a b", "a\n", string(make([]byte, 65))} {
		if err := n.Revoke(t.Context(), Entry{ID: "fine"}, Entry{ID: id}); !errors.Is(err, ErrInvalid) {
			t.Errorf("Revoke(%q) = %v", id, err)
		}
		if err := n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}, Keep: []string{id}}); !errors.Is(err, ErrInvalid) {
			t.Errorf("Rotate keeping %q = %v", id, err)
		}
	}
	for _, s := range []token.Subject{{}, {Family: token.Database, Organization: "a/b", Name: "c"}, {Family: "a/b", Organization: "c", Name: "d"}} {
		if err := n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders, s}}); !errors.Is(err, ErrInvalid) {
			t.Errorf("Rotate(%v) = %v", s, err)
		}
	}
	if got := n.Stats(time.Now()); got.Revoked+got.Rotations != 0 {
		t.Errorf("something was taken back: %+v", got)
	}
}

func TestWithoutAStoreNothingIsPromised(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	n := newNode(newStore(t, redis.NewClient(options(redis.Options{Addr: listener.Addr().String()}))))
	ctx := t.Context()
	_, generationErr := n.Generation(ctx, orders)
	for name, err := range map[string]error{
		"Revoke":     n.Revoke(ctx, Entry{ID: "a"}),
		"Rotate":     n.Rotate(ctx, Rotation{Subjects: []token.Subject{orders}}),
		"Generation": generationErr,
		"Prune":      n.Prune(ctx, time.Now()),
	} {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s = %v, want %v", name, err, store.ErrUnavailable)
		}
	}
	if got := n.Stats(time.Now()); got.Revoked+got.Rotations != 0 {
		t.Errorf("something was taken back: %+v", got)
	}
}

func TestPruneForgetsTheDeadAndOnlyThem(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		now := time.Now()
		n := newNode(s)
		must(t, n.Revoke(t.Context(),
			Entry{"dead", now.Add(-forgetSlack - 2*time.Minute)},
			Entry{"dying", now.Add(-forgetSlack + time.Minute)},
			Entry{"alive", now.Add(time.Hour)}, Entry{ID: "immortal"}))
		must(t, n.Prune(t.Context(), now))

		fresh := newNode(s)
		fresh.sync(t)
		for _, m := range []*Mirror{n.Mirror, fresh.Mirror} {
			if got := m.Stats(now).Revoked; got != 3 {
				t.Errorf("Revoked = %d, want 3", got)
			}
			expect(t, m, grantFor(orders, "dying", 0), ErrRevoked)
		}
	})
}

// A mirror keeps minutes, and the store seconds.
func TestWhatWasPrunedIsNotTakenForLost(t *testing.T) {
	s := miniStore(t)
	now := time.Now()
	n := newNode(s)
	n.sync(t)
	for i := range 120 {
		ended := now.Add(-forgetSlack - time.Duration(i)*time.Second)
		must(t, n.Revoke(t.Context(), Entry{token.NewID(), ended}))
	}
	must(t, n.Prune(t.Context(), now))
	n.follower.synced = false
	n.sync(t)
	if got := n.Stats(now).Repairs; got != 0 {
		t.Errorf("Repairs = %d, want 0", got)
	}
}

func TestAClockThatIsHoursAheadMakesNothingForgotten(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		ahead := func() time.Time { return time.Now().Add(2 * time.Hour) }
		writer := newNode(s)
		must(t, writer.Revoke(t.Context(), Entry{"stolen", time.Now().Add(time.Hour)}))

		n := newNode(s)
		n.follower.now = ahead
		n.sync(t)
		must(t, n.follower.forget(t.Context()))
		must(t, n.Prune(t.Context(), ahead()))
		fresh := newNode(s)
		fresh.sync(t)
		for name, m := range map[string]*Mirror{"its own mirror": n.Mirror, "the store": fresh.Mirror} {
			if !m.revoked.has("stolen") {
				t.Errorf("%s has forgotten", name)
			}
		}
	})
}

func TestTheKeysShareASlotAndHaveNoTTL(t *testing.T) {
	s := redisStore(t, startRedis(t))
	n := newNode(s)
	n.sync(t)
	must(t, n.Revoke(t.Context(), Entry{"a", time.Now().Add(time.Hour)}))
	must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
	keys, err := s.Redis().Keys(t.Context(), "*").Result()
	must(t, err)
	slices.Sort(keys)
	want := []string{"{sekisho:revoked}:feed", "{sekisho:revoked}:generations", "{sekisho:revoked}:ids", "{sekisho:revoked}:lineage", "{sekisho:revoked}:rotations"}
	if !slices.Equal(keys, want) {
		t.Errorf("keys = %q, want %q", keys, want)
	}
	for _, key := range keys {
		if ttl := s.Redis().TTL(context.Background(), key).Val(); ttl != -1 {
			t.Errorf("%s has a TTL of %v", key, ttl)
		}
	}
}
