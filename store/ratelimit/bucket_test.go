package ratelimit

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestABucketGivesWhatItHolds(t *testing.T) {
	b := NewBucket(Rate{Requests: 100, Per: 10 * time.Second})
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if b.Take(began) {
					taken.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := taken.Load(); n != 100 {
		t.Errorf("%d were taken", n)
	}
	b.GiveBack()
	if !b.Take(began) || b.Take(began) {
		t.Error("not exactly the one that was given back was taken")
	}
	if later := began.Add(100 * time.Millisecond); !b.Take(later) || b.Take(later) {
		t.Error("not exactly one came back in a hundredth of the time")
	}
}

func TestAClockThatWasSetBackLocksNobodyOut(t *testing.T) {
	b := NewBucket(Rate{Requests: 10, Per: 10 * time.Second})
	b.Take(began.Add(time.Hour))
	b.Take(began)
	if later := began.Add(time.Second); !b.Take(later) || b.Take(later) {
		t.Error("not exactly one came back in a tenth of the time")
	}
}
