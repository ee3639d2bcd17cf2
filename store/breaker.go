package store

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrNotAsked is in the chain, beside [ErrUnavailable], when Redis was not asked
// because it had not answered lately. Nothing was changed.
var ErrNotAsked = errors.New("not asked, since it did not answer lately")

const (
	breakerFailures = 3
	breakerPause    = time.Second
)

// Breaker keeps callers from a server that does not answer: after some failures in
// a row, one call is let through every pause, and all others are told no at once.
// Any answer closes it. It may be used by many goroutines.
type Breaker struct {
	failures int32
	pause    time.Duration
	row      atomic.Int32
	until    atomic.Int64 // nanoseconds since 1970; 0: closed
}

// NewBreaker makes a closed breaker that opens after failures in a row, at least 1.
func NewBreaker(failures int, pause time.Duration) *Breaker {
	return &Breaker{failures: int32(failures), pause: pause}
}

// Allow reports whether the server should be asked at now. Who is allowed must
// call [Breaker.Report].
func (b *Breaker) Allow(now time.Time) bool {
	until := b.until.Load()
	if until == 0 {
		return true
	}
	left := time.Duration(until - now.UnixNano())
	waiting := 0 < left && left <= b.pause // longer, if the clock went back
	return !waiting && b.until.CompareAndSwap(until, now.Add(b.pause).UnixNano())
}

// Report tells the breaker whether the server answered: it did if err is nil.
func (b *Breaker) Report(err error, now time.Time) {
	switch {
	case err != nil:
		if b.row.Add(1) >= b.failures {
			b.until.Store(now.Add(b.pause).UnixNano())
		}
	case b.row.Load() != 0 || b.until.Load() != 0: // one without the other, when a failure came at the same time
		b.row.Store(0)
		b.until.Store(0)
	}
}

type withoutBreaker struct{}

// WithoutBreaker makes calls with the context it returns ask Redis whatever
// happened before. An answer to one of them closes the breaker for all.
func WithoutBreaker(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutBreaker{}, true)
}

// addBreaker gives each server that client talks to a breaker. By itself, go-redis
// would not look for up to a minute who has taken over from a master that is lost.
func addBreaker(client redis.UniversalClient) {
	switch client := client.(type) {
	case *redis.ClusterClient:
		look := func() { client.ReloadState(context.Background()) }
		client.OnNewNode(func(node *redis.Client) {
			node.AddHook(breakerHook{NewBreaker(breakerFailures, breakerPause), look})
		})
	case *redis.Client:
		client.AddHook(breakerHook{NewBreaker(breakerFailures, breakerPause), func() {}})
	}
}

type breakerHook struct {
	breaker *Breaker
	failed  func()
}

func (breakerHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h breakerHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return h.guard(ctx, func(ctx context.Context) error { return next(ctx, cmd) })
	}
}

func (h breakerHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := h.guard(ctx, func(ctx context.Context) error { return next(ctx, cmds) })
		if errors.Is(err, ErrNotAsked) {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
		}
		return err
	}
}

// guard runs call unless the breaker is open. What call sends to set up a
// connection passes with it.
func (h breakerHook) guard(ctx context.Context, call func(context.Context) error) error {
	exempt := ctx.Value(withoutBreaker{}) != nil
	if !exempt && !h.breaker.Allow(time.Now()) {
		return ErrNotAsked
	}
	err := call(WithoutBreaker(ctx))
	if _, replied := errors.AsType[redis.Error](err); err == nil || replied {
		h.breaker.Report(nil, time.Now())
		return err
	}
	h.failed()
	if !exempt && !errors.Is(err, context.Canceled) {
		h.breaker.Report(err, time.Now())
	}
	return err
}
