package model

import (
	"slices"
	"time"
)

// Token is one that a node has acknowledged. What was done about it is guarded by
// the lock of its [Model].
type Token struct {
	ID, Credential string
	Subject        string // whose rotation retires it; empty for opaque tokens
	Opaque         bool
	Expires        time.Time // zero for never

	asked, minted time.Time // minted is when the node's answer was there
	changes       []*Change
	known         map[int]time.Time // by node, since when it knows of a change
	unsure        bool              // minted while the store had forgotten rotations, or a clock was turning
	clock         time.Duration     // by how much that of the node was wrong
}

// Change is a revocation or a rotation.
type Change struct {
	Node     int
	Revoked  *Token        // by a revocation
	Subjects []string      // of a rotation
	Keep     []string      // ids of tokens
	Grace    time.Duration // after which a rotation shows

	asked, answered time.Time
	acknowledged    bool
	failed          bool // the node said that nothing was changed
}

// Acknowledged is when the node's answer was there; zero if there was none.
func (c *Change) Acknowledged() time.Time {
	if !c.acknowledged {
		return time.Time{}
	}
	return c.answered
}

func (c *Change) concerns(t *Token) bool {
	if c.Revoked != nil {
		return c.Revoked == t
	}
	return slices.Contains(c.Subjects, t.Subject) && !slices.Contains(c.Keep, t.ID)
}

// Fate is what must become of a token.
type Fate int

// A token in [Doubt] may pass or not, but all nodes must come to agree.
const (
	Doubt Fate = iota
	Alive
	Dead
)

// leeway is what a gate grants to the clock that set an expiry, and we to timing.
const leeway = 6 * time.Second

// fate says what must become of t by now, and since when it is taken back; the zero
// time when it is dead because it has expired.
func (m *Model) fate(t *Token, now time.Time) (fate Fate, since time.Time) {
	fate = Alive
	if t.unsure {
		fate = Doubt
	}
	if !t.Expires.IsZero() {
		switch slack := leeway + m.rules.Skew; {
		case now.After(t.Expires.Add(slack)):
			return Dead, time.Time{}
		case now.After(t.Expires.Add(-slack)):
			fate = Doubt
		}
	}
	for _, c := range t.changes {
		switch {
		case c.failed || m.inGrace(c, now):
		case c.acknowledged && c.asked.After(t.minted) && now.After(m.effective(c)):
			if fate != Dead || m.effective(c).Before(since) {
				fate, since = Dead, m.effective(c)
			}
		case fate != Dead:
			fate = Doubt
		}
	}
	return fate, since
}

// effective is from when on an acknowledged change must show.
func (m *Model) effective(c *Change) time.Time {
	if c.Grace == 0 {
		return c.answered
	}
	return c.answered.Add(c.Grace + m.rules.Skew)
}

// inGrace reports whether an acknowledged change must not show yet.
func (m *Model) inGrace(c *Change, now time.Time) bool {
	return c.acknowledged && now.Before(c.asked.Add(c.Grace-m.rules.Skew-graceSlack))
}

// lost reports whether the store may have forgotten an opaque token, which is
// nothing without its record.
func (m *Model) lost(t *Token) bool {
	return t.Opaque && (m.forgetting || t.asked.Before(m.forgot))
}

// graceSlack is how much sooner a grace may end than was asked for.
const graceSlack = time.Second
