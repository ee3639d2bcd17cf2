package revocation

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// rereading is a node that reads everything, and is held when it has: what is
// written from then on was not among it.
type rereading struct {
	*node
	goOn func()
	done chan error
}

// reread returns when the node is held.
func reread(t *testing.T, s *store.Store, n *node) *rereading {
	t.Helper()
	held, open := make(chan struct{}), make(chan struct{})
	r := &rereading{node: n, goOn: sync.OnceFunc(func() { close(open) }), done: make(chan error, 1)}
	hold := sync.OnceFunc(func() { close(held) })
	last := newLedger(s).rotations
	s.Redis().AddHook(hooks{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
		err := next(ctx, cmd)
		if cmd.Name() == "hgetall" && cmd.Args()[1] == last {
			hold()
			select {
			case <-open:
			case <-ctx.Done():
			}
		}
		return err
	}})
	var wg sync.WaitGroup
	wg.Go(func() { r.done <- n.follower.resync(t.Context()) })
	t.Cleanup(func() {
		r.goOn()
		wg.Wait()
	})
	<-held
	return r
}

// finish lets the node read on; it returns the gap that it met, if any.
func (r *rereading) finish(t *testing.T) error {
	t.Helper()
	r.goOn()
	must(t, <-r.done)
	return r.sync(t)
}

// awaitRefused waits until the node has heard of a revocation.
func (n *node) awaitRefused(t *testing.T, id string) {
	t.Helper()
	redistest.Eventually(t, id+" is refused", func() bool { return n.Judge(grantFor(users, id, 0), time.Now()) == ErrRevoked })
}

// hooks stand between a client and its store.
type hooks struct {
	process  func(context.Context, redis.Cmder, redis.ProcessHook) error
	pipeline func(context.Context, []redis.Cmder, redis.ProcessPipelineHook) error
}

func (hooks) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h hooks) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	if h.process == nil {
		return next
	}
	return func(ctx context.Context, cmd redis.Cmder) error { return h.process(ctx, cmd, next) }
}

func (h hooks) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	if h.pipeline == nil {
		return next
	}
	return func(ctx context.Context, cmds []redis.Cmder) error { return h.pipeline(ctx, cmds, next) }
}

func TestWhatIsTakenBackWhileEverythingIsReadIsRefusedAtOnce(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		other := newNode(s)
		must(t, other.Revoke(t.Context(), Entry{ID: "early"}))
		n := reread(t, s, newNode(s))
		expect(t, n.Mirror, grantFor(users, "early", 0), ErrRevoked)

		must(t, other.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
		must(t, other.Revoke(t.Context(), Entry{ID: "elsewhere"}))
		n.awaitRefused(t, "elsewhere")
		expect(t, n.Mirror, grantFor(orders, "old", 0), ErrRotated)

		must(t, n.Revoke(t.Context(), Entry{ID: "here"}))
		expect(t, n.Mirror, grantFor(users, "here", 0), ErrRevoked)
		must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{group}}))
		expect(t, n.Mirror, grantFor(group, "old", 0), ErrRotated)

		told := feedSize(t, s)
		if gap := n.finish(t); gap != nil {
			t.Errorf("gap = %v", gap)
		}
		for _, id := range []string{"early", "elsewhere", "here"} {
			expect(t, n.Mirror, grantFor(users, id, 0), ErrRevoked)
		}
		expect(t, n.Mirror, grantFor(orders, "old", 0), ErrRotated)
		if got := n.Stats(time.Now()); got.Resyncs != 1 || got.Repairs != 0 || feedSize(t, s) != told {
			t.Errorf("taken for something that the store forgot: %+v", got)
		}
	})
}

func TestWhileEverythingIsReadNothingIsProven(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n, fine := newNode(s), grantFor(users, "fine", 0)
		n.prove(time.Now().Add(-time.Hour))
		reread := reread(t, s, n)
		must(t, newNode(s).Revoke(t.Context(), Entry{ID: "stolen"}))
		n.awaitRefused(t, "stolen")
		expect(t, n.Mirror, fine, ErrStale)
		must(t, reread.finish(t))
		expect(t, n.Mirror, fine, nil)
	})
}

func TestAGapWhileEverythingIsReadStartsTheReadingAnew(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		other := newNode(s)
		must(t, other.Revoke(t.Context(), Entry{ID: "early"}))
		n := reread(t, s, newNode(s))
		must(t, other.Revoke(t.Context(), Entry{ID: "stolen"}))
		n.awaitRefused(t, "stolen")

		wipe(t, s)
		if err := <-n.done; !errors.Is(err, errGap) {
			t.Errorf("resync = %v", err)
		}
		expect(t, n.Mirror, grantFor(users, "fine", 0), ErrNotReady)
		n.goOn()
		must(t, n.sync(t))
		expect(t, n.Mirror, grantFor(users, "fine", 0), nil)
		expect(t, n.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
		if got := n.Stats(time.Now()); got.Resyncs != 1 || got.Repairs != 1 {
			t.Errorf("Stats = %+v", got)
		}
	})
}

func TestAReadingMayTakeLongerThanTheFeedRemembers(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		n := reread(t, s, newNode(s))
		must(t, newNode(s).Revoke(t.Context(), Entry{ID: "first"}, Entry{ID: "second"}))
		n.awaitRefused(t, "first")
		must(t, s.Redis().XTrimMaxLen(t.Context(), newLedger(s).feed, 1).Err())
		if gap := n.finish(t); gap != nil {
			t.Errorf("gap = %v", gap)
		}
		if got := n.Stats(time.Now()); got.Revoked != 2 || got.Resyncs != 1 {
			t.Errorf("Stats = %+v", got)
		}
	})
}

func TestIDsThatAnotherPutsBackWhileEverythingIsReadAreReadLater(t *testing.T) {
	s := miniStore(t)
	b := newNode(s)
	clock := time.Now()
	b.follower.now = func() time.Time { return clock }
	n := reread(t, s, b)
	must(t, newNode(s).follower.writeUnlisted(t.Context(), []map[string]int64{{"stolen": 0}}))
	must(t, newNode(s).Revoke(t.Context(), Entry{ID: "after"}))
	n.awaitRefused(t, "after")
	must(t, n.finish(t))
	expect(t, n.Mirror, grantFor(users, "fine", 0), ErrNotReady)
	clock = clock.Add(unlistedDelay)
	must(t, n.sync(t))
	expect(t, n.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
	expect(t, n.Mirror, grantFor(users, "fine", 0), nil)
}

func TestAFeedThatCannotBeHeardForAMomentDoesNotEndTheReading(t *testing.T) {
	s := miniStore(t)
	n := reread(t, s, newNode(s))
	var deaf atomic.Bool
	failed := make(chan struct{})
	fail := sync.OnceFunc(func() { close(failed) })
	deaf.Store(true)
	s.Redis().AddHook(hooks{pipeline: func(ctx context.Context, cmds []redis.Cmder, next redis.ProcessPipelineHook) error {
		for _, cmd := range cmds {
			if cmd.Name() == "xrange" && deaf.Load() {
				fail()
				return errors.New("connection reset")
			}
		}
		return next(ctx, cmds)
	}})
	must(t, newNode(s).Revoke(t.Context(), Entry{ID: "stolen"}))
	<-failed
	deaf.Store(false)
	must(t, n.finish(t))
	expect(t, n.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
}

func TestANodeThatFollowsForgetsTheDeadAndHearsMeanwhile(t *testing.T) {
	s := miniStore(t)
	n := newNode(s)
	must(t, n.sync(t))
	must(t, n.Revoke(t.Context(), Entry{"mortal", time.Now().Add(-forgetSlack - 2*time.Minute)}))
	must(t, n.sync(t))
	must(t, newNode(s).Revoke(t.Context(), Entry{ID: "stolen"}))
	n.follower.forgot = time.Time{}
	must(t, n.follower.forget(t.Context()))
	expect(t, n.Mirror, grantFor(users, "mortal", 0), nil)
	expect(t, n.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
}
