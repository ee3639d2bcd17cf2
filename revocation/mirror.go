package revocation

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// The reasons for which [Mirror.Judge] refuses a token.
var (
	// ErrRevoked: the token was taken back by its id.
	ErrRevoked = errors.New("token revoked")
	// ErrRotated: a rotation of its subject retired the token.
	ErrRotated = errors.New("token retired by a rotation")
	// ErrStale: the mirror has not been proven fresh for too long to say yes.
	ErrStale = errors.New("revocation state is stale")
	// ErrNotReady: the mirror has never been in step with the store.
	ErrNotReady = errors.New("revocation state not loaded yet")
)

// forgetSlack is how long after its time a revocation is kept, so that nodes
// whose clocks disagree by less never accept a token that another has forgotten.
const forgetSlack = 10 * time.Minute

// Mirror is the copy of everything taken back that a node keeps in memory. It
// outlives followers and registries, so that a configuration reload forgets
// nothing. All its methods may be called at once by many goroutines.
//
// It knows the ids themselves, and not only hashes of them: no token is refused
// for another's sake, and none that was taken back is missed. Ten million ids that
// we drew ourselves take less than 200 MB; a second copy of them is held for as
// long as the whole state is read from the store again.
type Mirror struct {
	revoked  *idSet
	subjects *cowMap[token.Subject, history]
	receipts receipts
	began    time.Time

	changes      atomic.Uint64             // counts what was merged, after it was
	proof        atomic.Pointer[time.Time] // when the mirror was last in step; nil for never
	maxStaleness atomic.Int64              // nanoseconds
	resyncs      atomic.Int64
	repairs      atomic.Int64
}

// NewMirror makes an empty mirror, which refuses every token until a [Follower]
// has filled it, and whenever its last proof of freshness is older than
// maxStaleness.
func NewMirror(maxStaleness time.Duration) *Mirror {
	m := &Mirror{
		revoked:  newIDSet(),
		subjects: newCowMap[token.Subject](mergeHistories),
		began:    time.Now(),
	}
	m.SetMaxStaleness(maxStaleness)
	return m
}

// SetMaxStaleness changes how old the last proof of freshness may be.
func (m *Mirror) SetMaxStaleness(d time.Duration) { m.maxStaleness.Store(int64(d)) }

// Judge says why the token must be refused at now: [ErrRevoked], [ErrRotated],
// [ErrNotReady] or [ErrStale], in this order, or nil. It asks memory only, takes
// no lock and does not allocate.
func (m *Mirror) Judge(g *token.Grant, now time.Time) error {
	if m.revoked.has(g.ID) {
		return ErrRevoked
	}
	if m.subjects.len() > 0 {
		if h, rotated := m.subjects.get(g.Subject()); rotated && h.refuses(g.ID, g.Generation, now.UnixMilli()) {
			return ErrRotated
		}
	}
	switch proof, stale := m.StaleSince(now); {
	case proof.IsZero():
		return ErrNotReady
	case stale:
		return ErrStale
	default:
		return nil
	}
}

// RetiredFrom is from when on a rotation retires the token, which may be long ago;
// not ok for never.
func (m *Mirror) RetiredFrom(g *token.Grant) (from time.Time, ok bool) {
	h, _ := m.subjects.get(g.Subject())
	at, ok := h.retires(g.ID, g.Generation)
	return time.UnixMilli(at), ok
}

// StaleSince is the last proof of freshness, and whether it is so old at now that
// [Mirror.Judge] answers [ErrStale].
func (m *Mirror) StaleSince(now time.Time) (proof time.Time, stale bool) {
	last := m.proof.Load()
	if last == nil {
		return time.Time{}, false
	}
	return *last, now.Sub(*last) > time.Duration(m.maxStaleness.Load())
}

// Generation is the highest generation of s that the mirror knows of, 0 before
// the first rotation. A mint must ask [Registry.Generation] instead.
func (m *Mirror) Generation(s token.Subject) uint64 {
	h, _ := m.subjects.get(s)
	return h.generation
}

// Stats describes a mirror.
type Stats struct {
	Revoked   int           // ids
	Rotations int           // records that still decide something
	Ready     bool          // was in step with the store at least once
	Age       time.Duration // since the last proof of freshness; 0 unless Ready
	Resyncs   int           // full reads of the store
	Repairs   int           // times that the store got back what it had lost
}

// Stats describes the mirror at now.
func (m *Mirror) Stats(now time.Time) Stats {
	s := Stats{Revoked: m.revoked.len(), Resyncs: int(m.resyncs.Load()), Repairs: int(m.repairs.Load())}
	for _, h := range m.subjects.all() {
		s.Rotations += len(h.records)
	}
	if proof := m.proof.Load(); proof != nil {
		s.Ready, s.Age = true, max(0, now.Sub(*proof))
	}
	return s
}

// apply merges an event.
func (m *Mirror) apply(e event) {
	m.revoked.merge(e.revoked)
	histories := make(map[token.Subject]history, len(e.rotated))
	for _, r := range e.rotated {
		histories[r.subject] = histories[r.subject].with(r, 0)
	}
	m.subjects.merge(histories)
	m.changes.Add(1)
}

// raise merges counters of generations.
func (m *Mirror) raise(generations map[token.Subject]uint64) {
	histories := make(map[token.Subject]history, len(generations))
	for s, generation := range generations {
		histories[s] = history{generation: generation}
	}
	m.subjects.merge(histories)
	m.changes.Add(1)
}

// prove records that the mirror held everything the store held at the time at.
func (m *Mirror) prove(at time.Time) { m.proof.Store(&at) }

// proveOnce is prove for a mirror that has no proof yet.
func (m *Mirror) proveOnce(at time.Time) { m.proof.CompareAndSwap(nil, &at) }

// proved is when the mirror was last in step; the zero time for never.
func (m *Mirror) proved() time.Time {
	if proof := m.proof.Load(); proof != nil {
		return *proof
	}
	return time.Time{}
}

// forget drops ids whose tokens are dead and records that decide nothing any more.
func (m *Mirror) forget(now time.Time) {
	dead := now.Add(-forgetSlack)
	m.revoked.forget(dead.Unix())
	m.subjects.replace(func(_ token.Subject, h history) (history, bool) {
		return h.settle(dead.UnixMilli()), true
	})
}

// sureOf is the time of which forgetting may be sure: now, but no later than the
// store's clock says, and than this mirror's beginning and the time that has passed
// since (monotonic) allow.
func (m *Mirror) sureOf(ctx context.Context, l ledger, now time.Time) (time.Time, error) {
	stored, err := l.time(ctx)
	if err != nil {
		return time.Time{}, err
	}
	sure := now.Round(0) // compared by the wall clock
	for _, limit := range []time.Time{stored, m.began.Round(0).Add(time.Since(m.began))} {
		if limit.Before(sure) {
			sure = limit
		}
	}
	return sure, nil
}

// later is the later of two times of forgetting, in unix seconds, 0 for never.
func later(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}
