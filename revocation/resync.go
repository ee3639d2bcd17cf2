package revocation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// listenInterval is how often the feed is read during work that takes long.
const listenInterval = 5 * time.Millisecond

// resync reads the whole state into the mirror and notes what the store lacks.
func (f *Follower) resync(ctx context.Context) error {
	sure, err := f.startOver(ctx)
	if err != nil {
		return err
	}
	read, found := f.mirror.emptySnapshot(), lacking{}
	read.ends = []receipt{f.position.receipt()}
	told, err := f.whileListening(ctx, func(ctx context.Context) error {
		if err := f.ledger.read(ctx, &read, f.log); err != nil {
			return err
		}
		found = f.mirror.absorb(read, sure)
		return nil
	})
	if err != nil {
		return err
	}
	// A fail-over that loses an id moves those that are unread up: one may be missed.
	if read.endsBeyond(told) {
		return fmt.Errorf("%w: what was there when the state was read was lost meanwhile", errGap)
	}
	f.lacking, f.synced = found.without(told, f.mirror), true
	if !f.unlisted.IsZero() {
		f.unlisted = f.now().Add(unlistedDelay)
	}
	f.mirror.resyncs.Add(1)
	if l := f.lacking; !l.empty() {
		f.log.Warn("the store has forgotten revocations: writing them back",
			"ids", l.revoked.len(), "generations", len(l.generations), "rotations", len(l.records))
	}
	return nil
}

// startOver takes the position at the end of the feed, before anything is read: what is
// written meanwhile is in the feed after it, and is applied as it comes. What was
// written shortly before is applied too, and need not wait for the reading to come to
// it. Sure is the time of which forgetting may be sure.
func (f *Follower) startOver(ctx context.Context) (sure time.Time, err error) {
	f.mirror.receipts.clear() // what they are of, the mirror knows: it is compared
	lineage, err := f.ledger.ensureLineage(ctx)
	if err != nil {
		return sure, err
	}
	latest, end, err := f.ledger.tail(ctx, f.now())
	if err != nil {
		return sure, err
	}
	if sure, err = f.mirror.sureOf(ctx, f.ledger, f.now()); err != nil {
		return sure, err
	}
	for _, e := range latest {
		f.mirror.apply(e.alive(sure.Add(-forgetSlack)))
	}
	f.position, f.lineage, f.unlisted = end, lineage, time.Time{}
	return sure, nil
}

// whileListening runs work and applies meanwhile what the feed tells, up to its end
// when work is done; told is all of that. A gap in the feed ends both. Another
// failure to read it does not: the next [Follower.catchUp] meets it again.
func (f *Follower) whileListening(ctx context.Context, work func(context.Context) error) (told snapshot, err error) {
	told = f.mirror.emptySnapshot()
	group, ctx := errgroup.WithContext(ctx)
	done := make(chan struct{})
	group.Go(func() error {
		defer close(done)
		return work(ctx)
	})
	group.Go(func() error {
		tick := time.NewTicker(listenInterval)
		defer tick.Stop()
		for working, more := true, false; working || more; {
			select {
			case <-done:
				working = false
			case <-tick.C:
			}
			page, err := f.listen(ctx)
			if errors.Is(err, errGap) {
				return err
			}
			for _, entry := range page.entries {
				told.add(entry.event)
				told.ends = append(told.ends, entry.receipt())
			}
			more = page.more
		}
		return nil
	})
	return told, group.Wait()
}

// endsBeyond reports whether the feed once ended, while s was read, in an entry of which
// it has not told since. The first end of s is where the reading began.
func (s *snapshot) endsBeyond(told snapshot) bool {
	return slices.ContainsFunc(s.ends[1:], func(end receipt) bool {
		return end != s.ends[0] && !slices.Contains(told.ends, end)
	})
}

func (m *Mirror) emptySnapshot() snapshot {
	return snapshot{
		revoked:     m.revoked.emptyLike(),
		generations: map[token.Subject]uint64{},
		unreadable:  map[token.Subject]bool{},
		records:     map[string]record{},
	}
}

// alive is e without the ids that may be forgotten at the time dead.
func (e event) alive(dead time.Time) event {
	maps.DeleteFunc(e.revoked, func(_ string, until int64) bool { return until != 0 && until <= dead.Unix() })
	return e
}

// add adds what an event of the feed proves to be in the store.
func (s *snapshot) add(e event) {
	s.revoked.merge(e.revoked)
	for _, r := range e.rotated {
		s.records[r.field()] = r
		s.generations[r.subject] = max(s.generations[r.subject], r.generation)
	}
}

// without is l but for what the store was told while it was read: the mirror m knew
// that before the reading came to it.
func (l lacking) without(told snapshot, m *Mirror) lacking {
	if l.revoked.len() > 0 {
		l.revoked = l.revoked.absorb(told.revoked, 0)
	}
	maps.DeleteFunc(l.generations, func(s token.Subject, _ uint64) bool {
		return told.generations[s] >= m.Generation(s)
	})
	l.records = slices.DeleteFunc(l.records, func(r record) bool { return told.records[r.field()].equal(r) })
	return l
}

// ensureLineage reads the store's lineage, and gives it one if it has none.
func (l *ledger) ensureLineage(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := l.redis.SetNX(ctx, l.lineage, token.NewID(), 0).Err(); err != nil {
		return "", store.Unavailable(err)
	}
	lineage, err := l.redis.Get(ctx, l.lineage).Result()
	return lineage, store.Unavailable(err)
}
