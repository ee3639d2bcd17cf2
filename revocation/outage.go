package revocation

import (
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"
)

// outage is what the log has heard of the time since the store last answered.
type outage struct {
	causes map[string]bool
	stale  bool
}

// report logs each gap in the feed, each cause of an outage once, that the mirror has
// become stale, and the end of the outage.
func (f *Follower) report(err error) {
	switch {
	case errors.Is(err, errGap):
		f.log.Warn("revocation feed broken: reading the whole state again", "reason", err)
	case err != nil:
		f.reportOutage(err)
	case f.outage.causes != nil:
		f.log.Info("following revocations again")
		f.outage = outage{}
	}
}

func (f *Follower) reportOutage(err error) {
	proof, stale := f.mirror.StaleSince(f.now())
	if cause := causeOf(err); !f.outage.causes[cause] {
		if f.outage.causes == nil {
			f.outage.causes = map[string]bool{}
		}
		f.outage.causes[cause] = true
		f.log.Warn("cannot follow revocations, trying again", "error", err)
	}
	if stale && !f.outage.stale {
		f.outage.stale = true
		f.log.Error("the store has been away for longer than max_staleness: tokens are refused until it answers, except where on_stale is allow", "since", proof)
	}
}

// causeOf tells kinds of failures apart: the word that Redis begins an error with,
// or that there was no answer.
func causeOf(err error) string {
	if reply, ok := errors.AsType[redis.Error](err); ok {
		word, _, _ := strings.Cut(reply.Error(), " ")
		return word
	}
	return "no answer"
}
