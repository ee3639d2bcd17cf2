package revocation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

const (
	forgetInterval = 10 * time.Minute
	// unlistedDelay is how long a node waits, once another has begun to put back many
	// ids, before it reads them all.
	unlistedDelay = 5 * time.Second
)

// errGap reports that the feed can no longer be followed from where we stand:
// something between our position and its end was trimmed, lost or unreadable.
var errGap = errors.New("gap in the revocation feed")

// Follower keeps a mirror true to the store, and gives a store back what it lost.
type Follower struct {
	ledger ledger
	mirror *Mirror
	log    *slog.Logger
	now    func() time.Time
	ready  chan struct{}

	word     string // what this follower's own events carry
	synced   bool   // position and lineage hold
	position position
	lineage  string
	unlisted time.Time // when ids that the feed did not list are read; zero: there are none
	lacking  lacking   // what the store had lost at the last resync
	outage   outage
	forgot   time.Time

	patrolled time.Time
	beat      int // the part of the mirror at which the next patrol begins
}

// NewFollower makes a follower of s that fills m; [Follower.Run] starts it.
func NewFollower(s *store.Store, m *Mirror, log *slog.Logger) *Follower {
	return &Follower{ledger: newLedger(s), mirror: m, log: log, now: time.Now, ready: make(chan struct{}), word: token.NewID()}
}

// Ready is closed once the mirror was in step with this follower's store.
func (f *Follower) Ready() <-chan struct{} { return f.ready }

// Run follows the store until ctx is done, through every failure of the store,
// and returns within about a second of it. Call it once. It never stops asking, and
// so is the first to know when the store is back.
func (f *Follower) Run(ctx context.Context) {
	ctx = store.WithoutBreaker(ctx)
	var rest backoff
	for ctx.Err() == nil {
		err := f.step(ctx)
		if ctx.Err() != nil {
			return
		}
		f.report(err)
		select {
		case <-ctx.Done():
		case <-time.After(rest.after(err)):
		}
	}
}

// step brings mirror and store in step, and waits for news.
func (f *Follower) step(ctx context.Context) error {
	more, err := f.sync(ctx)
	if err != nil || more {
		return err
	}
	if err := f.patrol(ctx); err != nil {
		return err
	}
	return f.ledger.waitForNews(ctx, f.position)
}

// sync reads what is new into the mirror, and repairs the store if it must; more
// tells that not everything was read.
func (f *Follower) sync(ctx context.Context) (more bool, err error) {
	if err := f.forget(ctx); err != nil {
		return false, err
	}
	if !f.synced {
		if err := f.resync(ctx); err != nil {
			return false, err
		}
	}
	more, err = f.catchUp(ctx)
	if err != nil || more {
		return more, err
	}
	return false, f.repair(ctx)
}

// forget lets the mirror drop from time to time what may be forgotten.
func (f *Follower) forget(ctx context.Context) error {
	now := f.now()
	if now.Sub(f.forgot) < forgetInterval {
		return nil
	}
	sure, err := f.mirror.sureOf(ctx, f.ledger, now)
	if err != nil {
		return err
	}
	f.forgot = now
	if !f.synced {
		f.mirror.forget(sure)
		return nil
	}
	_, err = f.whileListening(ctx, func(context.Context) error {
		f.mirror.forget(sure)
		return nil
	})
	return err
}

// catchUp applies a page of the feed; more tells that it was not the last one, or
// that everything must be read. Reading to the end of an unbroken feed that lists
// everything proves the mirror fresh.
func (f *Follower) catchUp(ctx context.Context) (more bool, err error) {
	asked := f.now()
	page, err := f.listen(ctx)
	if err != nil || page.more {
		return page.more, err
	}
	if !f.unlisted.IsZero() {
		f.synced = asked.Before(f.unlisted)
		return !f.synced, nil
	}
	f.mirror.prove(asked)
	select {
	case <-f.ready:
	default:
		close(f.ready)
	}
	return false, nil
}

// listen applies a page of the feed. A gap in it is errGap, and everything must be
// read.
func (f *Follower) listen(ctx context.Context) (feedPage, error) {
	if f.mirror.receipts.overflowed() {
		f.synced = false
		return feedPage{}, fmt.Errorf("%w: this node wrote more than it keeps receipts for", errGap)
	}
	written := f.mirror.receipts.take()
	page, err := f.ledger.readFeed(ctx, f.position)
	if err != nil {
		f.mirror.receipts.add(written...)
		return feedPage{}, err
	}
	if err := f.check(page, written); err != nil {
		f.synced = false
		return feedPage{}, err
	}
	if err := f.checkLate(ctx, written); err != nil {
		return feedPage{}, err
	}
	f.apply(page)
	f.mirror.receipts.add(slices.DeleteFunc(written, func(r receipt) bool { return !r.after(f.position.entryID) })...)
	return page, nil
}

// checkLate looks for what this node wrote at places that were passed before it had the
// receipt.
func (f *Follower) checkLate(ctx context.Context, written []receipt) error {
	for _, r := range written {
		if r.after(f.position.entryID) || r == f.position.receipt() {
			continue
		}
		switch held, err := f.ledger.holds(ctx, r); {
		case err != nil:
			f.mirror.receipts.add(written...)
			return err
		case !held:
			f.synced = false
			return fmt.Errorf("%w: our own entry %s was lost", errGap, r)
		}
	}
	return nil
}

func (f *Follower) apply(page feedPage) {
	for _, entry := range page.entries {
		f.mirror.apply(entry.event)
		f.position = entry.position
		if by := entry.event.unlisted; by != "" && by != f.word && f.unlisted.IsZero() {
			f.unlisted = f.now().Add(unlistedDelay)
			f.log.Info("another node is putting back revocations that the store had lost: reading everything soon")
		}
	}
}

// check looks for gaps: our position must still be in the feed of the same
// lineage, and what this node wrote must come back. Without the latter, a
// fail-over that loses a write before any follower saw it would go unnoticed.
func (f *Follower) check(page feedPage, written []receipt) error {
	switch {
	case page.lineage != f.lineage:
		return fmt.Errorf("%w: the store was emptied or replaced", errGap)
	case !page.unbroken:
		return fmt.Errorf("%w: trimmed or lost at %s", errGap, f.position)
	case page.malformed != nil:
		return fmt.Errorf("%w: %w", errGap, page.malformed)
	}
	for _, r := range written {
		if r.after(f.position.entryID) && page.reaches(r.entryID) && !page.has(r) {
			return fmt.Errorf("%w: our own entry %s was lost", errGap, r)
		}
	}
	return nil
}
