package revocation

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

func TestARotationIsNotSaidToBeDoneWhenItsCounterIsLostOnTheWay(t *testing.T) {
	s := miniStore(t)
	n := newNode(s)
	l := n.Registry.ledger
	s.Redis().AddHook(hooks{pipeline: func(ctx context.Context, cmds []redis.Cmder, next redis.ProcessPipelineHook) error {
		if slices.ContainsFunc(cmds, func(c redis.Cmder) bool { return c.Name() == "hincrby" }) {
			must(t, s.Redis().HDel(ctx, l.generations, orders.String()).Err())
		}
		return next(ctx, cmds)
	}})
	if err := n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Rotate = %v, want %v", err, store.ErrUnavailable)
	}
	if records, err := s.Redis().HLen(t.Context(), l.rotations).Result(); err != nil || records != 0 {
		t.Errorf("%d rotations are recorded, %v", records, err)
	}
}

// The node has not heard of the rotation in whose generation it mints, and the store
// loses both the counter and its sense of time.
func TestATokenIsRetiredByARotationAfterItsStoreForgotItsGeneration(t *testing.T) {
	server := miniredis.RunT(t)
	s := newStore(t, redis.NewClient(options(redis.Options{Addr: server.Addr()})))
	now := time.Now()
	server.SetTime(now)
	must(t, newNode(s).Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
	server.SetTime(now.Add(time.Second))
	n := newNode(s)
	minted := n.mint(t, orders, "minted")

	wipe(t, s)
	server.SetTime(now.Add(-time.Hour))
	must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
	expect(t, n.Mirror, minted, ErrRotated)
}

func TestNodesThatPutACounterBackAtOnceDoNotAddUp(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		nodes := []*node{newNode(s), newNode(s)}
		must(t, nodes[0].Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		nodes[1].sync(t)
		want := nodes[0].Mirror.Generation(orders)
		for range 5 {
			wipe(t, s)
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					if got, err := nodes[i%2].Generation(t.Context(), orders); err != nil || got != want {
						t.Errorf("Generation = %d, %v; want %d", got, err, want)
					}
				})
			}
			wg.Wait()
		}
	})
}

func TestACounterThatHasRunOutRotatesNothing(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		must(t, s.Redis().HSet(t.Context(), n.Registry.ledger.generations, orders.String(), uint64(1)<<generationBits-1).Err())
		if err := n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Rotate = %v, want %v", err, store.ErrUnavailable)
		}
	})
}

func TestACounterThatIsNoCounterIsNeverGuessed(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		for _, value := range []string{"-5", "many", "9223372036854775807", "1e3"} {
			must(t, s.Redis().HSet(t.Context(), n.Registry.ledger.generations, orders.String(), value).Err())
			if g, err := n.Generation(t.Context(), orders); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("Generation from %q = %d, %v", value, g, err)
			}
		}
	})
}
