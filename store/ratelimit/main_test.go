package ratelimit

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestMain(m *testing.M) {
	logging.Disable() // go-redis would report every dial that a test lets fail
	goleak.VerifyTestMain(m)
}

// began is when the clocks of the tests begin.
var began = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// perMinute allows six, one every ten seconds.
var perMinute = Rate{Requests: 6, Per: time.Minute}

func open(t *testing.T, address string) *store.Store {
	t.Helper()
	o, err := store.ParseAddresses([]string{address}, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// shared makes a limiter that a slow machine does not drive away from its Redis.
func shared(t *testing.T, address string) *Limiter {
	t.Helper()
	l := New(open(t, address))
	l.patience = time.Minute
	return l
}

// servers are what limits may be shared on.
var servers = map[string]func(t *testing.T) (address string, stop func()){
	"miniredis": func(t *testing.T) (string, func()) {
		m := miniredis.RunT(t)
		return "redis://" + m.Addr(), m.Close
	},
	"redis": func(t *testing.T) (string, func()) {
		server, err := redistest.Launch()
		if err != nil {
			t.Fatal(err)
		}
		return "unix://" + server.Address, server.Stop
	},
}

// use takes requests until one is refused, and returns how many were allowed.
func use(t *testing.T, limiters ...*Limiter) (allowed int) {
	t.Helper()
	for i := range 100 {
		if d := limiters[i%len(limiters)].Allow(t.Context(), "key", perMinute); !d.Allowed {
			return allowed
		}
		allowed++
	}
	t.Fatal("no limit")
	return 0
}
