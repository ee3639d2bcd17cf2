package ratelimit

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// clocked is a local limiter whose time a test sets.
func clocked() (*Limiter, *time.Time) {
	l, clock := NewLocal(), began
	l.now = func() time.Time { return clock }
	return l, &clock
}

func TestAQuotaComesBackOneByOne(t *testing.T) {
	l, clock := clocked()
	if n := use(t, l); n != 6 {
		t.Fatalf("%d allowed at once", n)
	}
	for range 3 {
		*clock = clock.Add(10*time.Second - time.Microsecond)
		if n := use(t, l); n != 0 {
			t.Errorf("%d allowed too early", n)
		}
		*clock = clock.Add(time.Microsecond)
		if n := use(t, l); n != 1 {
			t.Errorf("%d allowed after ten seconds", n)
		}
	}
	*clock = clock.Add(time.Hour)
	if n := use(t, l); n != 6 {
		t.Errorf("%d allowed after an hour", n)
	}
}

func TestAClockThatIsSetBackLocksNobodyOutForLongerThanAWindow(t *testing.T) {
	l, clock := clocked()
	use(t, l)
	*clock = clock.Add(-24 * time.Hour)
	if d := l.Allow(t.Context(), "key", perMinute); d.RetryAfter > 10*time.Second {
		t.Errorf("got %+v", d)
	}
}

func TestWhoComesBackWhenToldIsAllowed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, clock := clocked()
		rate := Rate{Requests: rapid.IntRange(1, 100).Draw(rt, "requests"), Per: time.Duration(rapid.Int64Range(int64(MinPer), int64(time.Hour)).Draw(rt, "per"))}
		allowed := 0
		for range rapid.IntRange(1, 300).Draw(rt, "steps") {
			d := l.Allow(t.Context(), "key", rate)
			if d.Allowed {
				allowed++
				continue
			}
			*clock = clock.Add(d.RetryAfter)
			if d := l.Allow(t.Context(), "key", rate); !d.Allowed {
				rt.Fatalf("refused again: %+v", d)
			}
			allowed++
		}
		// A whole quota at once, and after it no faster than the rate.
		if most := rate.Requests + int(clock.Sub(began).Microseconds()/rate.interval()); allowed > most {
			rt.Fatalf("%d allowed in %s, at most %d may be", allowed, clock.Sub(began), most)
		}
	})
}

func TestInventedKeysCostBoundedMemoryAndWashNothingAway(t *testing.T) {
	l, _ := clocked()
	use(t, l)
	for i := range 1_000_000 {
		l.Allow(t.Context(), strconv.Itoa(i), perMinute)
	}
	remembered := 0
	for i := range l.local.shards {
		remembered += len(l.local.shards[i].tats)
	}
	if remembered > shardCount*maxKeys {
		t.Errorf("%d keys are remembered", remembered)
	}
	if n := use(t, l); n != 0 {
		t.Errorf("%d more were allowed", n)
	}
}

func TestKeysThatFindNoRoomShareOneQuota(t *testing.T) {
	l, _ := clocked()
	s := l.local.shard("key")
	invented := 0
	next := func() string {
		for {
			invented++
			if key := strconv.Itoa(invented); l.local.shard(key) == s {
				return key
			}
		}
	}
	for range maxKeys {
		l.Allow(t.Context(), next(), perMinute)
	}
	allowed := 0
	for range 100 {
		if l.Allow(t.Context(), next(), perMinute).Allowed {
			allowed++
		}
	}
	if allowed != perMinute.Requests {
		t.Errorf("%d of 100 more keys were allowed", allowed)
	}
}

func TestAFullLimiterHasRoomOnceQuotasAreWhole(t *testing.T) {
	l, clock := clocked()
	for i := range 4 * shardCount * maxKeys {
		l.Allow(t.Context(), strconv.Itoa(i), perMinute)
	}
	*clock = clock.Add(time.Hour)
	if n := use(t, l); n != 6 {
		t.Errorf("%d were allowed", n)
	}
	if s := l.local.shard("key"); s.tats["key"] == 0 {
		t.Error("the key was not remembered by itself")
	}
}

func TestRatesThatAreRefused(t *testing.T) {
	for _, rate := range []Rate{
		{Requests: -1, Per: time.Second},
		{Per: time.Second},
		{Requests: 1},
		{Requests: 1, Per: time.Second - 1},
		{Requests: MaxRequests + 1, Per: time.Second},
		{Requests: 1, Per: MaxPer + 1},
		{Requests: 1, Per: -time.Second},
	} {
		if err := rate.Validate(); !errors.Is(err, ErrRate) {
			t.Errorf("%+v: %v", rate, err)
		}
	}
	for _, rate := range []Rate{{}, {Requests: 1, Per: MaxPer}, {Requests: MaxRequests, Per: MinPer}} {
		if err := rate.Validate(); err != nil {
			t.Errorf("%+v: %v", rate, err)
		}
	}
}

func TestClientsAreToldWhatIsLeft(t *testing.T) {
	l, _ := clocked()
	header := http.Header{}
	l.Allow(t.Context(), "key", perMinute).SetHeader(header, "token")
	if got := header.Get("RateLimit-Policy"); got != `"token";q=6;w=60` {
		t.Errorf("RateLimit-Policy: %s", got)
	}
	if got := header.Get("RateLimit"); got != `"token";r=5;t=10` {
		t.Errorf("RateLimit: %s", got)
	}
	use(t, l)
	w := httptest.NewRecorder()
	refusal.Write(w, "id", l.Allow(t.Context(), "key", perMinute).Refusal())
	const want = `{"error":"Too many requests","message":"The limit of 6 requests per 1m is used up. Try again later.","code":"RATE_LIMITED","request_id":"id"}`
	if w.Code != 429 || w.Body.String() != want || w.Header().Get("Retry-After") != "10" {
		t.Errorf("got %d %s, Retry-After %s", w.Code, w.Body, w.Header().Get("Retry-After"))
	}
	Decision{Allowed: true}.SetHeader(header, "none")
	if got := header.Get("RateLimit"); got != `"token";r=5;t=10` {
		t.Errorf("no limit set RateLimit to %s", got)
	}
}

func BenchmarkLocal(b *testing.B) {
	l := NewLocal()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Allow(b.Context(), "key", perMinute)
		}
	})
}
