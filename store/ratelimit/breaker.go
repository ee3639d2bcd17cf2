package ratelimit

import (
	"sync/atomic"
	"time"
)

// pause is how long Redis is left alone after it failed to answer.
const pause = time.Second

// breaker keeps requests from a Redis that does not answer: after a failure one
// of them tries again every pause, and all others go on at once.
type breaker struct {
	until atomic.Int64 // nanoseconds since 1970; 0: closed
}

// try reports whether Redis should be asked.
func (b *breaker) try(now time.Time) bool {
	until := b.until.Load()
	return until == 0 || now.UnixNano() >= until && b.until.CompareAndSwap(until, now.Add(pause).UnixNano())
}

func (b *breaker) report(err error, now time.Time) {
	if err != nil {
		b.until.Store(now.Add(pause).UnixNano())
	} else if b.until.Load() != 0 {
		b.until.Store(0)
	}
}
