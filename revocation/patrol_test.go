package revocation

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// patrolAll asks the store for everything that the node knows, and gives what it missed.
func (n *node) patrolAll(t *testing.T) error {
	t.Helper()
	clock := n.follower.now()
	n.follower.now = func() time.Time { return clock }
	for range mirrorParts {
		clock = clock.Add(patrolInterval)
		if err := n.follower.patrol(t.Context()); err != nil {
			return err
		}
		if n.follower.beat == 0 {
			return nil
		}
	}
	t.Fatal("the patrol never came around")
	return nil
}

func TestWhatWasTakenOutOfTheStoreIsPutBackByANodeThatKnowsIt(t *testing.T) {
	drawn := token.NewID()
	for name, takeOut := range map[string]func(t *testing.T, s *store.Store, l ledger){
		"all ids":       func(t *testing.T, s *store.Store, l ledger) { must(t, s.Redis().Del(t.Context(), l.ids).Err()) },
		"an id of ours": func(t *testing.T, s *store.Store, l ledger) { must(t, s.Redis().ZRem(t.Context(), l.ids, drawn).Err()) },
		"another id": func(t *testing.T, s *store.Store, l ledger) {
			must(t, s.Redis().ZRem(t.Context(), l.ids, "foreign").Err())
		},
		"all rotations": func(t *testing.T, s *store.Store, l ledger) { must(t, s.Redis().Del(t.Context(), l.rotations).Err()) },
		"what a rotation retires": func(t *testing.T, s *store.Store, l ledger) {
			fields := s.Redis().HGetAll(t.Context(), l.rotations).Val()
			for field, value := range fields {
				r, _, err := storedRecord(field, value)
				must(t, err)
				r.keep = []string{"old"}
				text, err := r.encode()
				must(t, err)
				must(t, s.Redis().HSet(t.Context(), l.rotations, field, text).Err())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEveryBackend(t, func(t *testing.T, s *store.Store) {
				n := newNode(s)
				n.sync(t)
				must(t, n.Revoke(t.Context(), Entry{ID: drawn}, Entry{ID: "foreign"}))
				must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
				n.sync(t)
				must(t, n.patrolAll(t))
				takeOut(t, s, newLedger(s))
				if err := n.patrolAll(t); !errors.Is(err, errGap) {
					t.Fatalf("the patrol says %v", err)
				}
				n.sync(t)
				must(t, n.patrolAll(t))
				fresh := newNode(s)
				fresh.sync(t)
				expect(t, fresh.Mirror, grantFor(users, drawn, 0), ErrRevoked)
				expect(t, fresh.Mirror, grantFor(users, "foreign", 0), ErrRevoked)
				expect(t, fresh.Mirror, grantFor(orders, "old", 0), ErrRotated)
			})
		})
	}
}

func TestAPatrolGoesAroundWithoutAnybodyAsking(t *testing.T) {
	t.Parallel()
	s := redisStore(t, startRedis(t))
	n := newNode(s)
	n.run(t)
	<-n.follower.Ready()
	must(t, n.Revoke(t.Context(), Entry{ID: "stolen"}))
	ids := newLedger(s).ids
	must(t, s.Redis().Del(t.Context(), ids).Err())
	redistest.Eventually(t, "the id is back", func() bool { return s.Redis().ZRank(t.Context(), ids, "stolen").Err() == nil })
}

func TestAPatrolAsksForAFewAtATimeAndForNoneThatMayBePruned(t *testing.T) {
	s := redisStore(t, startRedis(t))
	n := newNode(s)
	n.sync(t)
	entries := []Entry{{ID: token.NewID(), ForgetAfter: time.Now().Add(patrolMargin - time.Minute)}}
	for range 5 * patrolSize {
		entries = append(entries, Entry{ID: token.NewID()})
	}
	for batch := range slices.Chunk(entries, revokeBatch) {
		must(t, n.Revoke(t.Context(), batch...))
	}
	must(t, s.Redis().ZRem(t.Context(), newLedger(s).ids, entries[0].ID).Err())
	asked := 0
	for part, first := 0, true; part != 0 || first; first = false {
		var some sample
		some, part = n.Mirror.sampleFrom(part, time.Now().Add(patrolMargin).Unix())
		if len(some.ids) > patrolSize+100 {
			t.Errorf("asked for %d ids at once", len(some.ids))
		}
		asked += len(some.ids)
	}
	if asked != 5*patrolSize {
		t.Errorf("asked for %d ids, want %d", asked, 5*patrolSize)
	}
	must(t, n.patrolAll(t))
}

func TestAPatrolThatMissedSomethingRestsForAMinute(t *testing.T) {
	s := miniStore(t)
	n := newNode(s)
	n.sync(t)
	must(t, n.Revoke(t.Context(), Entry{ID: "stolen"}))
	clock := time.Now()
	n.follower.now = func() time.Time { return clock }
	for _, step := range []struct {
		after time.Duration
		want  error
	}{{0, errGap}, {patrolInterval, nil}, {patrolRest - patrolInterval, nil}, {patrolInterval, errGap}} {
		clock = clock.Add(step.after)
		must(t, s.Redis().Del(t.Context(), newLedger(s).ids).Err())
		if err := n.follower.patrol(t.Context()); !errors.Is(err, step.want) {
			t.Errorf("after %s: %v, want %v", step.after, err, step.want)
		}
		n.follower.beat = 0
	}
}
