package revocation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

const (
	patrolInterval = 2 * time.Second
	// patrolSize is how many revocations are asked for at a time: a thousand ids cost
	// Redis some milliseconds, and ten million are through in seven hours.
	patrolSize = 1_000
	// patrolRest is for how long nothing is asked once something was missing: all is
	// compared then.
	patrolRest = time.Minute
	// patrolMargin is before its end when an id is no longer asked for, as a node whose
	// clock is ahead may have pruned it.
	patrolMargin = time.Hour
)

// patrol asks whether the store still has some of what the mirror knows, and others each
// time. An eviction, or a hand in the store, takes revocations away without a gap in the
// feed, and a node that starts later would not know of them.
func (f *Follower) patrol(ctx context.Context) error {
	now := f.now()
	if now.Sub(f.patrolled) < patrolInterval {
		return nil
	}
	f.patrolled = now
	var some sample
	some, f.beat = f.mirror.sampleFrom(f.beat, now.Add(patrolMargin).Unix())
	whole, err := f.ledger.has(ctx, some)
	if err != nil || whole {
		return err
	}
	f.synced, f.patrolled = false, now.Add(patrolRest)
	return fmt.Errorf("%w: the store no longer has revocations of which it told", errGap)
}

// sample is some of what a mirror knows.
type sample struct {
	ids     []string
	records []record
}

// mirrorParts is how many parts a mirror is sampled in: those of its ids, then those of
// its rotations.
const mirrorParts = idParts + cowShards

// sampleFrom takes part after part until it has enough, of ids that may not be forgotten
// before the unix second dead; next is the part after them, 0 after the last one.
func (m *Mirror) sampleFrom(part int, dead int64) (some sample, next int) {
	for ; part < mirrorParts; part++ {
		if len(some.ids)+len(some.records) >= patrolSize {
			return some, part
		}
		if part >= idParts {
			for _, h := range m.subjects.load(uint64(part - idParts)) {
				some.records = append(some.records, h.records...)
			}
			continue
		}
		for id, until := range m.revoked.part(part) {
			if until == 0 || until > dead {
				some.ids = append(some.ids, id)
			}
		}
	}
	return some, 0
}

// has reports whether the store has everything in a sample.
func (l *ledger) has(ctx context.Context, some sample) (bool, error) {
	if len(some.ids)+len(some.records) == 0 {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	scores, records := make([]*redis.FloatCmd, len(some.ids)), make([]*redis.StringCmd, len(some.records))
	_, err := l.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range some.ids {
			scores[i] = p.ZScore(ctx, l.ids, id)
		}
		for i, r := range some.records {
			records[i] = p.HGet(ctx, l.rotations, r.field())
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, store.Unavailable(err)
	}
	for _, score := range scores {
		if errors.Is(score.Err(), redis.Nil) {
			return false, nil
		}
	}
	for i, reply := range records {
		known := some.records[i]
		stored, _, _ := storedRecord(known.field(), reply.Val())
		if errors.Is(reply.Err(), redis.Nil) || !stored.equal(known) {
			return false, nil
		}
	}
	return true, nil
}
