package ratelimit

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"pgregory.net/rapid"
)

func TestNodesShareALimit(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			address, stop := start(t)
			defer stop()
			one, two := shared(t, address), shared(t, address)
			if n := use(t, one, two); n != perMinute.Requests {
				t.Errorf("two nodes allowed %d together", n)
			}
			d := two.Allow(t.Context(), "key", perMinute)
			if d.Allowed || d.Local || d.Remaining != 0 || d.RetryAfter <= 0 || d.RetryAfter > 10*time.Second {
				t.Errorf("got %+v", d)
			}
			if d := two.Allow(t.Context(), "another", perMinute); !d.Allowed || d.Remaining != 5 {
				t.Errorf("another key: %+v", d)
			}
		})
	}
}

func TestManyAtOnceGetTheQuotaAndNoMore(t *testing.T) {
	address, stop := servers["redis"](t)
	defer stop()
	nodes := []*Limiter{shared(t, address), shared(t, address)}
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			if d := nodes[i%2].Allow(t.Context(), "key", Rate{Requests: 20, Per: time.Hour}); d.Allowed {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := allowed.Load(); n != 20 {
		t.Errorf("%d were allowed", n)
	}
}

func TestLosingRedisGivesNobodyAFreshQuota(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			address, stop := start(t)
			l := shared(t, address)
			for range 4 {
				l.Allow(t.Context(), "key", perMinute)
			}
			stop()
			began := time.Now()
			if n := use(t, l); n != 2 {
				t.Errorf("%d more were allowed, want 2", n)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
			if d := l.Allow(t.Context(), "another", perMinute); !d.Allowed || !d.Local {
				t.Errorf("another key: %+v", d)
			}
		})
	}
}

// silent accepts connections and never answers.
func silent(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return "redis://" + l.Addr().String()
}

func TestARedisThatHangsIsAskedOnceAPause(t *testing.T) {
	s := open(t, silent(t))
	l := New(s)
	clock := time.Now()
	l.now = func() time.Time { return clock }
	start := time.Now()
	for range 50 {
		l.Allow(t.Context(), "key", perMinute)
	}
	if took := time.Since(start); took > 10*patience {
		t.Errorf("50 requests waited %s, and one may wait %s", took, patience)
	}
	if l.breaker.Allow(clock) {
		t.Error("the breaker is closed")
	}
	clock = clock.Add(pause)
	if !l.breaker.Allow(clock) || l.breaker.Allow(clock) {
		t.Error("not exactly one request tries again")
	}
	_ = s.Close() // before the server that it hangs on
}

func TestALimitIsSharedAgainWhenRedisIsBack(t *testing.T) {
	m := miniredis.RunT(t)
	l := shared(t, "redis://"+m.Addr())
	clock := time.Now()
	l.now = func() time.Time { return clock }
	m.SetError("LOADING")
	if d := l.Allow(t.Context(), "key", perMinute); !d.Local {
		t.Fatalf("got %+v", d)
	}
	m.SetError("")
	if d := l.Allow(t.Context(), "key", perMinute); !d.Local {
		t.Fatalf("within the pause: %+v", d)
	}
	clock = clock.Add(pause)
	if d := l.Allow(t.Context(), "key", perMinute); d.Local {
		t.Fatalf("after the pause: %+v", d)
	}
}

func TestAClientThatWentAwayDoesNotOpenTheBreaker(t *testing.T) {
	l := shared(t, "redis://"+miniredis.RunT(t).Addr())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if d := l.Allow(gone, "key", perMinute); d.Local {
		t.Errorf("got %+v", d)
	}
}

func TestStateInRedisHasOurPrefixAndExpires(t *testing.T) {
	m := miniredis.RunT(t)
	l := shared(t, "redis://"+m.Addr())
	l.Allow(t.Context(), "mint/ops", perMinute)
	keys := m.Keys()
	if len(keys) != 1 || keys[0] != "sekisho:rate:mint/ops" {
		t.Fatalf("keys %q", keys)
	}
	if ttl := m.TTL(keys[0]); ttl <= 0 || ttl > time.Minute {
		t.Errorf("it expires in %s", ttl)
	}
}

func TestWhatSomebodyElsePutThereLocksNobodyOutForLong(t *testing.T) {
	m := miniredis.RunT(t)
	m.SetTime(began)
	l := shared(t, "redis://"+m.Addr())
	for _, value := range []string{"", "x", "-1", "9e99", "inf"} {
		_ = m.Set("sekisho:rate:key", value)
		d := l.Allow(t.Context(), "key", perMinute)
		if d.RetryAfter > 10*time.Second || d.ResetAfter > time.Minute {
			t.Errorf("%q: %+v", value, d)
		}
	}
	m.Del("sekisho:rate:key")
	_, _ = m.SetAdd("sekisho:rate:key", "a set")
	if d := l.Allow(t.Context(), "key", perMinute); !d.Local {
		t.Errorf("a set: %+v", d)
	}
}

func TestTheScriptDecidesAsTheLocalLimiterDoes(t *testing.T) {
	m := miniredis.RunT(t)
	scripted := shared(t, "redis://"+m.Addr())
	rapid.Check(t, func(t *rapid.T) {
		m.FlushAll()
		rate := Rate{Requests: rapid.IntRange(1, 50).Draw(t, "requests"), Per: time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second}
		clock := began
		alone := NewLocal()
		for _, l := range []*Limiter{scripted, alone} {
			l.now = func() time.Time { return clock }
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			clock = clock.Add(time.Duration(rapid.Int64Range(0, int64(rate.Per)/2).Draw(t, "later")).Truncate(time.Microsecond))
			m.SetTime(clock)
			got, want := scripted.Allow(context.Background(), "key", rate), alone.Allow(context.Background(), "key", rate)
			want.Local = false
			if got != want {
				t.Fatalf("%s: script %+v, local %+v", clock, got, want)
			}
		}
	})
}

func TestNoRateIsNoLimit(t *testing.T) {
	m := miniredis.RunT(t)
	l := shared(t, "redis://"+m.Addr())
	if d := l.Allow(t.Context(), "key", Rate{}); !d.Allowed || len(m.Keys()) != 0 {
		t.Errorf("got %+v, keys %s", d, strings.Join(m.Keys(), " "))
	}
}
