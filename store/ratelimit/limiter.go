package ratelimit

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

const (
	patience = 100 * time.Millisecond // how long a request may wait for Redis
	pause    = time.Second            // how long Redis is left alone after it failed to answer
)

//go:embed gcra.lua
var source string

var script = redis.NewScript(source)

// Limiter counts requests by key. It may be used by many goroutines.
type Limiter struct {
	store    *store.Store // nil: local only
	local    *local
	breaker  *store.Breaker
	patience time.Duration
	now      func() time.Time
}

// New makes a limiter that all nodes on s share. s must be a real Redis, since
// the embedded one runs no scripts: for that, and for limits that strangers can
// cause a look-up of, there is [NewLocal].
func New(s *store.Store) *Limiter {
	return &Limiter{store: s, local: newLocal(), breaker: store.NewBreaker(1, pause), patience: patience, now: time.Now}
}

// NewLocal makes a limiter of this process alone.
func NewLocal() *Limiter { return New(nil) }

// Allow takes one request from the quota of a key, and always decides: by Redis
// if it answers within 100 ms, else locally. The key should begin with what is
// limited, such as "mint/" or "token/": keys are shared by all limits.
func (l *Limiter) Allow(ctx context.Context, key string, rate Rate) Decision {
	if rate.Requests < 1 {
		return Decision{Allowed: true}
	}
	now := l.now()
	if l.store == nil || !l.breaker.Allow(now) {
		return l.local.allow(key, rate, now)
	}
	d, err := l.ask(ctx, key, rate)
	l.breaker.Report(err, l.now())
	if err != nil {
		return l.local.allow(key, rate, now)
	}
	l.local.raise(key, d.ResetAfter, now)
	return d
}

// ask runs the script. A client that goes away must not look like a Redis that does,
// nor one that is slower than our patience like one that does not answer others.
func (l *Limiter) ask(ctx context.Context, key string, rate Rate) (Decision, error) {
	ctx, cancel := context.WithTimeout(store.WithoutBreaker(context.WithoutCancel(ctx)), l.patience)
	defer cancel()
	reply, err := script.Run(ctx, l.store.Redis(), []string{l.store.Key("rate:" + key)}, rate.interval(), rate.window()).Int64Slice()
	if err != nil {
		return Decision{}, store.Unavailable(err)
	}
	if len(reply) != 2 {
		return Decision{}, fmt.Errorf("%w: rate limit script replied with %d values", store.ErrMalformed, len(reply))
	}
	return rate.decision(reply[0] == 1, reply[1]), nil
}
