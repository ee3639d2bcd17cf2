package revocation

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

func TestARotationIsNotSaidToBeDoneWhenItsCounterIsLostOnTheWay(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := newNode(s)
		s.Redis().AddHook(hooks{pipeline: func(ctx context.Context, cmds []redis.Cmder, next redis.ProcessPipelineHook) error {
			if slices.ContainsFunc(cmds, func(c redis.Cmder) bool { return c.Name() == "hincrby" }) {
				must(t, s.Redis().HDel(ctx, n.Registry.ledger.generations, orders.String()).Err())
			}
			return next(ctx, cmds)
		}})
		if err := n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Rotate = %v, want %v", err, store.ErrUnavailable)
		}
		if records, err := s.Redis().HLen(t.Context(), n.Registry.ledger.rotations).Result(); err != nil || records != 0 {
			t.Errorf("%d rotations are recorded, %v", records, err)
		}
	})
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
