package store_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

var errAway = errors.New("away")

func TestABreakerOpensAfterFailuresInARowAndLetsOneThroughEachPause(t *testing.T) {
	b, clock := store.NewBreaker(3, time.Second), time.Now()
	for _, err := range []error{errAway, errAway, nil, errAway, errAway} {
		if !b.Allow(clock) {
			t.Fatal("open after two failures in a row")
		}
		b.Report(err, clock)
	}
	b.Report(errAway, clock)
	for range 2 { // the second pause follows a call that failed too
		if b.Allow(clock.Add(time.Second - 1)) {
			t.Error("closed before the pause is over")
		}
		clock = clock.Add(time.Second)
		if !b.Allow(clock) || b.Allow(clock) {
			t.Error("not exactly one is let through")
		}
		b.Report(errAway, clock)
	}
	b.Report(nil, clock)
	for range 2 {
		if !b.Allow(clock) {
			t.Error("still open after an answer")
		}
	}
}

func TestAClockThatGoesBackKeepsNoBreakerOpen(t *testing.T) {
	b, now := store.NewBreaker(1, time.Second), time.Now()
	b.Report(errAway, now)
	if !b.Allow(now.Add(-time.Hour)) {
		t.Error("it would stay open for an hour")
	}
}

func TestABreakerNeverStaysShutOut(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b, now := store.NewBreaker(rapid.IntRange(1, 4).Draw(r, "failures"), time.Second), time.Now()
		for range rapid.IntRange(0, 40).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(-2000, 2000).Draw(r, "ms")) * time.Millisecond)
			if b.Allow(now) && rapid.Bool().Draw(r, "reported") {
				b.Report(rapid.SampledFrom([]error{nil, errAway}).Draw(r, "err"), now)
			}
		}
		if !b.Allow(now.Add(time.Second)) {
			r.Error("nothing is let through after a pause")
		}
	})
}

func TestAnAnswerClosesABreakerThatAFailureOpensInTheSameMoment(t *testing.T) {
	breakers, now := make([]*store.Breaker, 200_000), time.Now()
	for i := range breakers {
		breakers[i] = store.NewBreaker(1, time.Hour)
		breakers[i].Report(errAway, now)
	}
	var reached [2]atomic.Int64
	var both sync.WaitGroup
	for me, err := range []error{errAway, nil} {
		both.Go(func() {
			for i, b := range breakers {
				reached[me].Store(int64(i))
				for reached[1-me].Load() < int64(i) {
					runtime.Gosched()
				}
				b.Report(err, now)
			}
		})
	}
	both.Wait()
	for _, b := range breakers {
		b.Report(nil, now)
		if !b.Allow(now) {
			t.Fatal("still open after an answer")
		}
	}
}

// short is how long a call waits for a server that hangs. One that runs answers
// much sooner, on a busy machine too.
const short = 300 * time.Millisecond

// watched is a store whose commands are noted.
type watched struct {
	*store.Store
	mu    sync.Mutex
	calls []error
}

func watch(t *testing.T, timeout time.Duration, addresses ...string) *watched {
	t.Helper()
	w := &watched{}
	o, err := store.ParseAddresses(addresses, store.Options{
		Prefix: t.Name(), Timeout: timeout,
		Observe: func(_ string, _ time.Duration, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.calls = append(w.calls, err)
		},
	})
	if err == nil {
		w.Store, err = store.Open(o)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, w.Store) })
	return w
}

func (w *watched) last() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[len(w.calls)-1]
}

func TestCallersDoNotQueueUpBeforeARedisThatHangs(t *testing.T) {
	server := redistest.Start(t)
	s := watch(t, short, "unix://"+server.Address)
	ctx := t.Context()
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	server.Signal(t, syscall.SIGSTOP)
	for i := range 3 {
		if err := s.Ping(ctx); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrNotAsked) {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	for name, call := range map[string]func() error{
		"save":  func() error { return s.SaveToken(ctx, record("one"), store.Event{Action: "mint", At: now}) },
		"read":  func() error { _, err := s.Token(ctx, "one"); return err },
		"list":  func() error { _, _, err := s.List(ctx, store.OfFamily(token.User), store.Page{}); return err },
		"audit": func() error { return s.AppendAudit(ctx, store.Event{Action: "mint", At: now}) },
	} {
		// The one call of each pause does wait, and finds out.
		err := call()
		for asked := 0; !errors.Is(err, store.ErrNotAsked) && asked < 100; asked++ {
			err = call()
		}
		if !errors.Is(err, store.ErrNotAsked) || !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.last(); !errors.Is(err, store.ErrNotAsked) {
		t.Errorf("the observer heard of %v", err)
	}

	server.Signal(t, syscall.SIGCONT)
	redistest.Eventually(t, "it is asked again", func() bool { return s.Ping(ctx) == nil })
}

func TestWhoMustAskAsksAndClosesTheBreakerForAll(t *testing.T) {
	server := redistest.Start(t)
	s := watch(t, short, "unix://"+server.Address)
	server.Signal(t, syscall.SIGSTOP)
	for range 3 {
		_ = s.Ping(t.Context())
	}
	must := store.WithoutBreaker(t.Context())
	if err := s.Ping(must); errors.Is(err, store.ErrNotAsked) {
		t.Errorf("Ping without a breaker = %v", err)
	}
	server.Signal(t, syscall.SIGCONT)
	redistest.Eventually(t, "an answer", func() bool { return s.Ping(must) == nil })
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("after that answer: %v", err)
	}
}

func TestACallerThatLeavesIsNoSignOfARedisThatHangs(t *testing.T) {
	s := watch(t, store.DefaultTimeout, "unix://"+redisServer(t).Address)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		_ = s.Ping(gone)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestARefusalIsAnAnswer(t *testing.T) {
	s := watch(t, store.DefaultTimeout, "unix://"+redisServer(t).Address)
	for range 10 {
		_ = s.Redis().Do(t.Context(), "NO-SUCH-COMMAND").Err()
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAMasterThatHangsShutsNobodyOutFromTheOthers(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	addresses := cluster.Addresses()
	addresses[0] = "redis://" + addresses[0]
	s := watch(t, short, addresses...)
	ctx := t.Context()
	set := func(key string) error { return s.Redis().Set(ctx, key, "", 0).Err() }
	masters := map[*redistest.Server]string{}
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
		masters[cluster.MasterOf(t, key)] = key
		if err := set(key); err != nil {
			t.Fatal(err)
		}
	}
	if len(masters) != 3 {
		t.Fatalf("%d masters hold keys", len(masters))
	}
	hung := cluster.Masters[0]
	hung.Signal(t, syscall.SIGSTOP)
	redistest.Eventually(t, "the breaker of the master that hangs opens", func() bool { return errors.Is(set(masters[hung]), store.ErrNotAsked) })
	if slices.ContainsFunc(cluster.Masters[1:], func(m *redistest.Server) bool { return errors.Is(set(masters[m]), store.ErrNotAsked) }) {
		t.Error("another master is not asked")
	}
	hung.Signal(t, syscall.SIGCONT)
	redistest.Eventually(t, "all are asked again", func() bool { return set(masters[hung]) == nil })
}
