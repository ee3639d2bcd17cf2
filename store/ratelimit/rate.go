package ratelimit

import (
	"errors"
	"fmt"
	"time"
)

// ErrRate reports a rate that cannot be kept.
var ErrRate = errors.New("invalid rate")

// The bounds of a rate.
const (
	MaxRequests = 1_000_000
	MinPer      = time.Second
	MaxPer      = 24 * time.Hour
)

// Rate allows Requests in every window of length Per, all of them at once if they
// were not used before. The zero Rate is no limit.
type Rate struct {
	Requests int
	Per      time.Duration
}

// Validate refuses a rate that is out of bounds; the error is [ErrRate].
func (r Rate) Validate() error {
	if r == (Rate{}) {
		return nil
	}
	if r.Requests < 1 || r.Requests > MaxRequests || r.Per < MinPer || r.Per > MaxPer {
		return fmt.Errorf("%w: %d per %s: use 1 to %d per %s to %s", ErrRate, r.Requests, r.Per, MaxRequests, MinPer, MaxPer)
	}
	return nil
}

// interval is the time in which one request is earned, in microseconds.
func (r Rate) interval() int64 { return max(1, r.Per.Microseconds()/int64(r.Requests)) }

// window is how far ahead a key may be, in microseconds: a whole quota.
func (r Rate) window() int64 { return r.interval() * int64(r.Requests) }

// Decision is what became of one request.
type Decision struct {
	Allowed    bool
	Rate       Rate          // that it was measured by; zero for no limit
	Remaining  int           // requests that would be allowed now
	RetryAfter time.Duration // until the next would be allowed; 0 if Allowed
	ResetAfter time.Duration // until the quota is whole again
	Local      bool          // Redis was not asked
}

// decision describes a key that is ahead by so many microseconds.
func (r Rate) decision(allowed bool, ahead int64) Decision {
	ahead = min(max(0, ahead), r.window())
	d := Decision{
		Allowed: allowed, Rate: r, ResetAfter: time.Duration(ahead) * time.Microsecond,
		Remaining: int((r.window() - ahead) / r.interval()),
	}
	if !allowed {
		d.RetryAfter = time.Duration(max(1, ahead+r.interval()-r.window())) * time.Microsecond
	}
	return d
}

// take moves a key on by one request, if its quota has one. tat is when the quota
// would be whole again, and now the time, both in microseconds since 1970.
func (r Rate) take(tat, now int64) (next int64, allowed bool) {
	tat = min(max(tat, now), now+r.window()) // a clock that was set back must not lock anyone out
	if tat+r.interval() > now+r.window() {
		return tat, false
	}
	return tat + r.interval(), true
}
