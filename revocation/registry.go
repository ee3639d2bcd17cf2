package revocation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// ErrInvalid reports an id or a subject that no token can have.
var ErrInvalid = errors.New("invalid revocation")

// revokeBatch is how many ids one transaction and one feed entry carry at most.
const revokeBatch = 1000

// Entry is a token to take back.
type Entry struct {
	ID string
	// ForgetAfter is the time at which the token is dead of itself, so that its
	// revocation may be forgotten; zero means never.
	ForgetAfter time.Time
}

// Rotation retires all tokens of some subjects that were minted before it.
type Rotation struct {
	Subjects []token.Subject
	// Keep lists ids of tokens that live on.
	Keep []string
	// Effective is when the older tokens stop working. Any time that is not in
	// the future means at once, whatever the clocks of other nodes say.
	Effective time.Time
}

// ErrNotReplicated reports a change that is in force on every node, but that too
// few replicas of the store have acknowledged. A fail-over right now could lose it
// if no node were alive to repair it. [store.ErrUnavailable] is in its chain too.
var ErrNotReplicated = errors.New("in force, but not on enough replicas")

// Registry takes tokens back. When one of its methods returns an error with
// [store.ErrUnavailable], nothing is promised: the change may or may not happen,
// and the caller repeats it until it succeeds. Repeating is harmless.
type Registry struct {
	ledger ledger
	mirror *Mirror
	now    func() time.Time

	// WaitReplicas is how many replicas of the store must have a change before it
	// is acknowledged, or else [ErrNotReplicated] is returned; 0 asks none. It needs a
	// real Redis. WaitTimeout bounds the wait; 0 means one second. Set both before
	// the first use.
	WaitReplicas int
	WaitTimeout  time.Duration
	// NotReplicated, if set, is called for each change that too few replicas have.
	NotReplicated func()
}

// NewRegistry makes a registry that writes to s, and then to m.
func NewRegistry(s *store.Store, m *Mirror) *Registry {
	return &Registry{ledger: newLedger(s), mirror: m, now: time.Now}
}

// Revoke takes tokens back by id. Known ids are taken back again without harm;
// of two times to forget, the later one counts. An id that fails
// [token.ValidID] is [ErrInvalid], and then nothing is revoked.
func (r *Registry) Revoke(ctx context.Context, entries ...Entry) error {
	ids := make(map[string]int64, len(entries))
	for _, e := range entries {
		if !token.ValidID(e.ID) {
			return fmt.Errorf("%w: id %q", ErrInvalid, e.ID)
		}
		until := forgetAt(e.ForgetAfter)
		if known, twice := ids[e.ID]; twice {
			until = later(known, until)
		}
		ids[e.ID] = until
	}
	for batch := range slices.Chunk(slices.Collect(maps.Keys(ids)), revokeBatch) {
		e := event{at: r.now().UnixMilli(), revoked: make(map[string]int64, len(batch))}
		for _, id := range batch {
			e.revoked[id] = ids[id]
		}
		if err := r.write(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// write puts an event into the store, and then into the mirror: first what it says,
// since a follower that misses the entry which the receipt names gives back what the
// mirror knows.
func (r *Registry) write(ctx context.Context, e event) error {
	written := func(at entryID) {
		r.mirror.apply(e)
		r.mirror.wrote(at, e)
	}
	if r.WaitReplicas <= 0 {
		at, err := r.ledger.write(ctx, e)
		if err == nil {
			written(at)
		}
		return err
	}
	err := r.ledger.writeReplicated(ctx, e, r.WaitReplicas, cmp.Or(r.WaitTimeout, time.Second), written)
	if errors.Is(err, ErrNotReplicated) && r.NotReplicated != nil {
		r.NotReplicated()
	}
	return err
}

// Sure is the time of which forgetting may be sure: now, unless this node's clock is
// ahead of the store's, or has jumped since the process began.
func (r *Registry) Sure(ctx context.Context, now time.Time) (time.Time, error) {
	return r.mirror.sureOf(ctx, r.ledger, now)
}

// Prune drops ids from the mirror whose time to be forgotten was more than ten
// minutes before now, and a minute later from the store. A clock that jumped ahead
// makes it drop none too early, if the store's did not, or if this process has not run
// for so long.
func (r *Registry) Prune(ctx context.Context, now time.Time) error {
	now, err := r.Sure(ctx, now)
	if err != nil {
		return err
	}
	r.mirror.forget(now)
	// Mirrors round up to the minute: what the store drops, they have dropped.
	return r.ledger.prune(ctx, now.Add(-forgetSlack-time.Minute))
}

// forgetAt is t in whole unix seconds, rounded up; 0 for never.
func forgetAt(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	seconds := t.Unix()
	if t.Nanosecond() > 0 {
		seconds++
	}
	return max(1, seconds)
}
