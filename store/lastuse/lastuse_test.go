package lastuse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notebook is a writer that remembers what it was told, and when.
type notebook struct {
	mu      sync.Mutex
	uses    map[string]time.Time
	writes  map[string][]time.Time
	calls   int
	failing error
	block   chan struct{} // unless nil, a write waits for it
}

func (n *notebook) MarkUsed(ctx context.Context, uses map[string]time.Time) error {
	if n.block != nil {
		select {
		case <-n.block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls++
	if n.failing != nil {
		return n.failing
	}
	for id, at := range uses {
		n.writes[id] = append(n.writes[id], time.Now())
		if at.After(n.uses[id]) {
			n.uses[id] = at
		}
	}
	return nil
}

func (n *notebook) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failing = err
}

// last is the use that the notebook knows, and how often one was written.
func (n *notebook) last(id string) (at time.Time, writes int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.uses[id], len(n.writes[id])
}

func (n *notebook) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.calls
}

func newRecorder() (*Recorder, *notebook) {
	n := &notebook{uses: map[string]time.Time{}, writes: map[string][]time.Time{}}
	return New(n, slog.New(slog.DiscardHandler)), n
}

// run runs a recorder in a bubble of fake time; stop ends it and waits.
func run(t *testing.T, test func(t *testing.T, r *Recorder, n *notebook, stop func())) {
	synctest.Test(t, func(t *testing.T) {
		r, n := newRecorder()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		stop := func() { cancel(); <-done }
		defer stop()
		test(t, r, n, stop)
	})
}

// written waits until first uses are.
func written() {
	time.Sleep(gather)
	synctest.Wait()
}

func TestTheFirstUseIsWrittenWithinAMoment(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, _ func()) {
		r.Used("one")
		written()
		if at, writes := n.last("one"); time.Since(at) > gather || writes != 1 {
			t.Errorf("noted %v in %d writes at %v", at, writes, time.Now())
		}
	})
}

func TestLaterUsesAreWrittenAtMostOnceAMinuteAndAreNeverOlderThanThat(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, _ func()) {
		began := time.Now()
		for time.Since(began) < 10*time.Minute {
			r.Used("busy")
			written()
			if at, _ := n.last("busy"); time.Since(at) > every+tick {
				t.Fatalf("what is noted is %s old", time.Since(at))
			}
			time.Sleep(700 * time.Millisecond)
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		written := n.writes["busy"]
		for i := range written[1:] {
			if gap := written[i+1].Sub(written[i]); gap < every {
				t.Errorf("two writes within %s", gap)
			}
		}
		if len(written) < 10 || len(written) > 11 {
			t.Errorf("%d writes in ten minutes", len(written))
		}
	})
}

func TestATokenThatIsNotUsedCostsNoWriteAndIsForgotten(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, _ func()) {
		r.Used("one")
		time.Sleep(time.Hour)
		if _, writes := n.last("one"); writes != 1 || r.kept.Load() != 0 {
			t.Errorf("%d writes, %d tokens kept", writes, r.kept.Load())
		}
		r.Used("one")
		written()
		if at, writes := n.last("one"); writes != 2 || time.Since(at) > gather {
			t.Errorf("used again: noted %v in %d writes", at, writes)
		}
	})
}

func TestManyTokensTakeAHandfulOfWrites(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, _ func()) {
		const tokens = 50_000
		for i := range tokens {
			r.Used(strconv.Itoa(i))
		}
		written()
		n.mu.Lock()
		defer n.mu.Unlock()
		if len(n.uses) != tokens || n.calls > 2*tokens/batch {
			t.Errorf("%d tokens noted in %d calls", len(n.uses), n.calls)
		}
	})
}

func TestTheEndWritesWhatIsLeft(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, stop func()) {
		r.Used("one")
		time.Sleep(30 * time.Second)
		r.Used("one")
		used := time.Now()
		stop()
		if at, _ := n.last("one"); !at.Equal(used) {
			t.Errorf("noted %v, used at %v", at, used)
		}
	})
}

func TestAStoreThatFailsLosesNothingAndIsLeftAlone(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, _ func()) {
		n.fail(errors.New("away"))
		r.Used("one")
		used := time.Now()
		time.Sleep(time.Minute)
		n.fail(nil)
		if calls := n.count(); calls > int(time.Minute/backoff)+1 {
			t.Errorf("%d calls in a minute", calls)
		}
		time.Sleep(2 * backoff)
		if at, _ := n.last("one"); !at.Equal(used.Add(gather)) {
			t.Errorf("noted %v, used at %v", at, used)
		}
	})
}

func TestAStoreThatHangsKeepsNoRequestAndTheEndIsBounded(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, stop func()) {
		n.block = make(chan struct{})
		began := time.Now()
		for i := range 1000 {
			r.Used(strconv.Itoa(i))
		}
		if !time.Now().Equal(began) {
			t.Error("a use waited")
		}
		stop()
		if took := time.Since(began); took > lastCall {
			t.Errorf("the end took %s", took)
		}
	})
}

func TestManyFirstUsesAreGathered(t *testing.T) {
	run(t, func(t *testing.T, r *Recorder, n *notebook, _ func()) {
		for i := range 1000 {
			r.Used(strconv.Itoa(i))
			time.Sleep(time.Millisecond)
		}
		written()
		if calls := n.count(); calls > int(time.Second/gather)+2 {
			t.Errorf("%d calls in a second", calls)
		}
	})
}

func TestAClockThatGoesBackHoldsNoUseUp(t *testing.T) {
	m := &mark{at: time.Now().UnixMilli()}
	for shift, want := range map[time.Duration]bool{0: false, every - 1: false, every: true, -time.Millisecond: true, -time.Hour: true} {
		if got := m.isDue(m.at + shift.Milliseconds()); got != want {
			t.Errorf("%s later: due is %v", shift, got)
		}
	}
}

func TestAUseWhileItsTokenIsForgottenIsNotLost(t *testing.T) {
	for range 500 {
		r, _ := newRecorder()
		r.Used("one")
		s := r.shardOf("one")
		old := s.load()["one"]
		old.look(1)
		old.written = 1
		var wg sync.WaitGroup
		wg.Go(func() { r.forget(s, []string{"one"}) })
		wg.Go(func() { r.Used("one") })
		wg.Wait()
		if m, known := s.load()["one"]; !known || m.state.Load() != used || r.kept.Load() != 1 {
			t.Fatal("the use is lost")
		}
	}
}

func TestInventedIDsCostBoundedMemory(t *testing.T) {
	r, _ := newRecorder()
	for i := range maxTokens + 1000 {
		r.Used(fmt.Sprintf("t%d", i))
	}
	if got := r.kept.Load(); got != maxTokens {
		t.Errorf("%d kept", got)
	}
}

func TestACredentialIsNotKeptForTheIDInIt(t *testing.T) {
	r, _ := newRecorder()
	credential := strings.Repeat("jt_abcdefghijklmnop", 2)
	id := credential[:len(credential)/2]
	r.Used(id)
	for kept := range r.shardOf(id).load() { // of its one token
		if unsafe.StringData(kept) == unsafe.StringData(id) {
			t.Error("the id that is kept is a part of the credential")
		}
	}
}

func TestAUseCostsNoAllocation(t *testing.T) {
	r, _ := newRecorder()
	if n := testing.AllocsPerRun(1000, func() { r.Used("jt_abcdefghijklmnop") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkUsed(b *testing.B) {
	r, _ := newRecorder()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Used("jt_abcdefghijklmnop")
		}
	})
}
