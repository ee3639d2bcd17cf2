package ratelimit

import (
	"sync/atomic"
	"time"
)

// Bucket is a limit of this process for one thing, without a key and without a lock.
type Bucket struct {
	rate Rate
	tat  atomic.Int64
}

// NewBucket makes a full bucket. The rate must not be the zero one.
func NewBucket(rate Rate) *Bucket { return &Bucket{rate: rate} }

// Take takes one, unless none is left.
func (b *Bucket) Take(now time.Time) bool {
	for {
		tat := b.tat.Load()
		next, allowed := b.rate.take(tat, now.UnixMicro())
		if next == tat || b.tat.CompareAndSwap(tat, next) { // denied, it changes when the clock was set back
			return allowed
		}
	}
}

// GiveBack puts back one that was taken.
func (b *Bucket) GiveBack() { b.tat.Add(-b.rate.interval()) }
