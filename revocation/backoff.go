package revocation

import (
	"errors"
	"math/rand/v2"
	"time"
)

const (
	minBackoff = 50 * time.Millisecond
	// maxBackoff is short, since a store that is back without its newest writes knows
	// less than it acknowledged until a follower has asked it.
	maxBackoff = 500 * time.Millisecond
)

// backoff is how long a follower rests between two steps.
type backoff struct {
	next   time.Duration // 0 means minBackoff
	broken bool          // the last step found a gap
}

// after is the rest after a step that ended with err. There is none after a gap: the
// store answers, and what it has lost must be put back before a node that does not
// know of it believes it. Only a second gap in a row waits, as any failure does.
func (b *backoff) after(err error) time.Duration {
	gap := errors.Is(err, errGap)
	if err == nil || gap && !b.broken {
		*b = backoff{broken: gap}
		return 0
	}
	delay := max(b.next, minBackoff)
	*b = backoff{next: min(2*delay, maxBackoff), broken: gap}
	return delay/2 + rand.N(delay)
}
