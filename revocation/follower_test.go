package revocation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

func TestARevocationOnOneNodeIsRefusedOnAnother(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a, b := newNode(s), newNode(s)
		a.run(t)
		b.run(t)
		<-a.follower.Ready()
		<-b.follower.Ready()
		for i := range 20 {
			g := grantFor(orders, fmt.Sprintf("id%d", i), 0)
			expect(t, b.Mirror, g, nil)
			must(t, a.Revoke(t.Context(), Entry{ID: g.ID}))
			redistest.Eventually(t, "refused on b", func() bool { return b.Judge(g, time.Now()) == ErrRevoked })
		}
		if got := b.Stats(time.Now()); got.Resyncs != 1 || got.Repairs != 0 || got.Revoked != 20 {
			t.Errorf("Stats = %+v", got)
		}
	})
}

func TestANewNodeLearnsEverything(t *testing.T) {
	t.Parallel()
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a := newNode(s)
		// More than two pages of the same score, and some of others.
		entries := make([]Entry, 0, 25_000)
		for i := range cap(entries) {
			e := Entry{ID: fmt.Sprintf("id%d", i)}
			if i%5 == 0 {
				e.ForgetAfter = time.Now().Add(time.Duration(i) * time.Second)
			}
			entries = append(entries, e)
		}
		must(t, a.Revoke(t.Context(), entries...))
		must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders, group}, Keep: []string{"kept"}}))

		b := newNode(s)
		b.sync(t)
		if got := b.Stats(time.Now()); got.Revoked != len(entries) || got.Rotations != 2 {
			t.Errorf("Stats = %+v, want %d ids and 2 rotations", got, len(entries))
		}
		expect(t, b.Mirror, grantFor(orders, "old", 0), ErrRotated)
		expect(t, b.Mirror, grantFor(orders, "kept", 0), nil)
		if got, want := b.Mirror.Generation(group), a.Mirror.Generation(group); got != want {
			t.Errorf("Generation = %d, want %d", got, want)
		}
	})
}

func TestIDsAddedMovedAndPrunedWhileASnapshotIsReadHideNoOther(t *testing.T) {
	s := redisStore(t, startRedis(t))
	n := newNode(s)
	now := time.Now()
	var entries []Entry
	const round = snapshotPages * snapshotPageSize
	for i := range 3 * round {
		entries = append(entries, Entry{fmt.Sprintf("id%d", i), now.Add(time.Duration(i) * time.Second)})
	}
	must(t, n.Revoke(t.Context(), entries...))

	ids := map[string]bool{}
	l := &n.Registry.ledger
	read := func(page int64) {
		pages, _, err := l.readIDPages(t.Context(), -1-page*round)
		must(t, err)
		for _, z := range slices.Concat(pages...) {
			ids[z.Member.(string)] = true
		}
	}
	for page := range int64(3) {
		read(page)
		must(t, n.Revoke(t.Context(), Entry{ID: entries[5000+page].ID}, Entry{ID: fmt.Sprintf("new%d", page)}))
		must(t, l.prune(t.Context(), entries[page].ForgetAfter))
	}
	read(3)
	for i, e := range entries {
		if !ids[e.ID] && i > 2 && (i < 5000 || i > 5002) {
			t.Fatalf("%s is missing", e.ID)
		}
	}
}

func TestAStoreThatForgotIsRepaired(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		happens func(*testing.T, *store.Store, ledger)
		reason  string
	}{
		"emptied": {func(t *testing.T, s *store.Store, _ ledger) { wipe(t, s) }, "emptied or replaced"},
		"emptied, and used by a node that knew nothing": {func(t *testing.T, s *store.Store, _ ledger) {
			wipe(t, s)
			stranger := newNode(s)
			stranger.sync(t)
			must(t, stranger.Revoke(t.Context(), Entry{ID: "other"}))
		}, "emptied or replaced"},
		"replaced under the same feed": {func(t *testing.T, s *store.Store, l ledger) {
			must(t, s.Redis().Set(t.Context(), l.lineage, "another", 0).Err())
			must(t, s.Redis().Del(t.Context(), l.ids, l.generations, l.rotations).Err())
		}, "emptied or replaced"},
		"gone back to an old dump": {func(t *testing.T, s *store.Store, l ledger) {
			last, err := s.Redis().XRevRange(t.Context(), l.feed, "+", "-").Result()
			must(t, err)
			for _, message := range last[:2] {
				must(t, s.Redis().XDel(t.Context(), l.feed, message.ID).Err())
			}
			must(t, s.Redis().Del(t.Context(), l.rotations, l.generations).Err())
			must(t, s.Redis().ZRem(t.Context(), l.ids, "stolen").Err())
		}, "trimmed or lost"},
		"gone back, and gone on": {func(t *testing.T, s *store.Store, l ledger) {
			last, err := s.Redis().XRevRangeN(t.Context(), l.feed, "+", "-", 1).Result()
			must(t, err)
			must(t, s.Redis().XDel(t.Context(), l.feed, last[0].ID).Err())
			must(t, s.Redis().Del(t.Context(), l.rotations, l.generations).Err())
			must(t, s.Redis().ZRem(t.Context(), l.ids, "stolen").Err())
			must(t, newNode(s).Revoke(t.Context(), Entry{ID: "other"}))
		}, "trimmed or lost"},
	}
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				wipe(t, s)
				a := newNode(s)
				a.sync(t)
				must(t, a.Revoke(t.Context(), Entry{ID: "stolen"}, Entry{"mortal", time.Now().Add(time.Hour)}))
				must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}, Keep: []string{"kept"}}))
				a.sync(t)
				tt.happens(t, s, a.Registry.ledger)

				if gap := a.sync(t); !errors.Is(gap, errGap) || !strings.Contains(gap.Error(), tt.reason) {
					t.Errorf("gap = %v, want %q", gap, tt.reason)
				}
				if got := a.Stats(time.Now()).Repairs; got != 1 {
					t.Errorf("Repairs = %d, want 1", got)
				}
				fresh := newNode(s)
				fresh.sync(t)
				for _, n := range []*node{a, fresh} {
					expect(t, n.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
					expect(t, n.Mirror, grantFor(users, "mortal", 0), ErrRevoked)
					expect(t, n.Mirror, grantFor(orders, "old", 0), ErrRotated)
					expect(t, n.Mirror, grantFor(orders, "kept", 0), nil)
					expect(t, n.Mirror, n.mint(t, orders, "new"), nil)
				}
			})
		}
	})
}

func TestARepairReachesNodesThatFollow(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a, b := newNode(s), newNode(s)
		a.sync(t)
		must(t, a.Revoke(t.Context(), Entry{ID: "stolen"}))
		a.sync(t)
		wipe(t, s)
		b.sync(t)
		expect(t, b.Mirror, grantFor(orders, "stolen", 0), nil)
		a.sync(t)
		if gap := b.sync(t); gap != nil {
			t.Errorf("gap = %v", gap)
		}
		expect(t, b.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)
	})
}

func TestOwnWritesThatAreLostBeforeAnyoneReadThemAreWrittenAgain(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a, b := newNode(s), newNode(s)
		a.sync(t)
		b.sync(t)
		l := a.Registry.ledger
		must(t, a.Revoke(t.Context(), Entry{ID: "stolen"}))
		last, err := s.Redis().XRevRangeN(t.Context(), l.feed, "+", "-", 1).Result()
		must(t, err)
		must(t, s.Redis().XDel(t.Context(), l.feed, last[0].ID).Err())
		must(t, s.Redis().ZRem(t.Context(), l.ids, "stolen").Err())
		must(t, b.Revoke(t.Context(), Entry{ID: "other"}))

		if gap := a.sync(t); !errors.Is(gap, errGap) || !strings.Contains(gap.Error(), "our own entry") {
			t.Errorf("gap = %v", gap)
		}
		b.sync(t)
		expect(t, b.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)
	})
}

func TestARepairThatIsLostBeforeAnyoneReadItIsMadeAgain(t *testing.T) {
	s := redisStore(t, startRedis(t))
	n := newNode(s)
	n.sync(t)
	old := takeDump(t, s)
	must(t, n.Revoke(t.Context(), Entry{ID: "stolen"}))
	must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
	for range 2 {
		old.restore(t, s)
		if gap := n.sync(t); !errors.Is(gap, errGap) {
			t.Errorf("gap = %v", gap)
		}
	}
	fresh := newNode(s)
	fresh.sync(t)
	expect(t, fresh.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
	expect(t, fresh.Mirror, grantFor(orders, "old", 0), ErrRotated)
}

func TestANodeThatWasAwayForLongerThanTheFeedReadsEverything(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a, b := newNode(s), newNode(s)
		b.sync(t)
		for i := range 5 {
			must(t, a.Revoke(t.Context(), Entry{ID: fmt.Sprintf("id%d", i)}))
		}
		must(t, s.Redis().XTrimMaxLen(t.Context(), a.Registry.ledger.feed, 2).Err())
		if gap := b.sync(t); !errors.Is(gap, errGap) {
			t.Errorf("gap = %v", gap)
		}
		if got := b.Stats(time.Now()); got.Revoked != 5 || got.Resyncs != 2 || got.Repairs != 0 {
			t.Errorf("Stats = %+v", got)
		}
	})
}

func TestManyEntriesAreReadPageByPage(t *testing.T) {
	s := miniStore(t)
	a, b := newNode(s), newNode(s)
	b.sync(t)
	for i := range 2*feedPageSize + 1 {
		must(t, a.Revoke(t.Context(), Entry{ID: fmt.Sprintf("id%d", i)}))
	}
	for _, n := range []*node{a, b} {
		if gap := n.sync(t); gap != nil {
			t.Errorf("gap = %v", gap)
		}
		if got := n.Stats(time.Now()); got.Revoked != 2*feedPageSize+1 || got.Resyncs != 1 {
			t.Errorf("Stats = %+v", got)
		}
	}
}

func TestFeedEntriesThatCannotBeReadCauseAResync(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		for _, values := range [][]any{{"event", "{"}, {"other", "x"}, {"event", `{"at":1,"new":true}`}} {
			wipe(t, s)
			n := newNode(s)
			n.sync(t)
			l := n.Registry.ledger
			must(t, s.Redis().ZAdd(t.Context(), l.ids, redis.Z{Member: "silent", Score: 2e9}).Err())
			must(t, s.Redis().XAdd(t.Context(), &redis.XAddArgs{Stream: l.feed, Values: values}).Err())
			if gap := n.sync(t); !errors.Is(gap, errMalformed) {
				t.Errorf("%q: gap = %v", values, gap)
			}
			expect(t, n.Mirror, grantFor(orders, "silent", 0), ErrRevoked)
			if gap := n.sync(t); gap != nil {
				t.Errorf("%q: again %v", values, gap)
			}
		}
	})
}

func TestGarbageInTheStoreRefusesTooMuchRatherThanTooLittle(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		l := n.Registry.ledger
		future := record{subject: group, generation: 3, effective: time.Now().Add(time.Hour).UnixMilli()}
		misplaced, err := future.encode()
		must(t, err)
		must(t, s.Redis().HSet(t.Context(), l.rotations, orders.String()+"#5", "{", users.String()+"#6", misplaced, "what", "{}").Err())
		must(t, s.Redis().HSet(t.Context(), l.generations, orders.String(), "many", "what", "1").Err())
		must(t, s.Redis().ZAdd(t.Context(), l.ids, redis.Z{Member: "NOT AN ID", Score: 1}, redis.Z{Member: "past", Score: -7}).Err())
		n.sync(t)
		expect(t, n.Mirror, grantFor(orders, "a", 4), ErrRotated)
		expect(t, n.Mirror, grantFor(users, "a", 5), ErrRotated)
		expect(t, n.Mirror, grantFor(group, "a", 0), nil)
		expect(t, n.Mirror, grantFor(group, "past", 0), ErrRevoked)
		if g, err := n.Generation(t.Context(), orders); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Generation = %d, %v", g, err)
		}
	})
}

func TestTwoRotationsUnderOneNumberBothCountAfterARepair(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		a := newNode(s)
		a.sync(t)
		a.apply(event{rotated: []record{{subject: orders, generation: 5, keep: []string{"x", "y"}}}})
		wipe(t, s)
		b := newNode(s)
		_, err := b.Registry.ledger.write(t.Context(), event{rotated: []record{{subject: orders, generation: 5, keep: []string{"y", "z"}}}})
		must(t, err)
		a.sync(t)
		b.sync(t)
		for _, n := range []*node{a, b} {
			expect(t, n.Mirror, grantFor(orders, "x", 4), ErrRotated)
			expect(t, n.Mirror, grantFor(orders, "y", 4), nil)
			expect(t, n.Mirror, grantFor(orders, "z", 4), ErrRotated)
		}
	})
}

func TestTheMirrorMovesToAnotherStore(t *testing.T) {
	old := miniStore(t)
	n := newNode(old)
	n.sync(t)
	must(t, n.Revoke(t.Context(), Entry{ID: "stolen"}))

	s := redisStore(t, startRedis(t))
	moved := &node{n.Mirror, NewRegistry(s, n.Mirror), NewFollower(s, n.Mirror, n.follower.log)}
	moved.run(t)
	<-moved.follower.Ready()
	fresh := newNode(s)
	fresh.run(t)
	redistest.Eventually(t, "the new store has what the old one had", func() bool {
		return fresh.Judge(grantFor(orders, "stolen", 0), time.Now()) == ErrRevoked
	})
}
