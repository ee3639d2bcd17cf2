package keyring

import (
	"fmt"
	"slices"
	"time"
)

// keepDead is how long a key stays after its last token is dead, for clocks that
// disagree.
const keepDead = 24 * time.Hour

// keyset is the keys of a ring in the order in which they become active.
type keyset []*key

// sort orders the keys. Of two that become active at once the later made one
// stays last, and signs.
func (s keyset) sort() {
	slices.SortStableFunc(s, func(a, b *key) int { return a.ActiveFrom.Compare(b.ActiveFrom) })
}

// signer is the index of the key that signs at now: the last one that is active.
// When none is yet, because this node's clock is behind, it is the first.
func (s keyset) signer(now time.Time) int {
	for i := len(s) - 1; i > 0; i-- {
		if !s[i].ActiveFrom.After(now) {
			return i
		}
	}
	return 0
}

// live leaves out the keys that nothing needs any more.
func (s keyset) live(now time.Time) keyset {
	signer := s.signer(now)
	var kept keyset
	for i, k := range s {
		if i >= signer || !k.dead(s[i+1].ActiveFrom, now) {
			kept = append(kept, k)
		}
	}
	return kept
}

// dead reports whether a key that retired at retiredAt can be dropped.
func (k *key) dead(retiredAt, now time.Time) bool {
	last := k.Horizon
	if retiredAt.After(last) {
		last = retiredAt
	}
	return !k.Never && now.After(last.Add(keepDead))
}

func (s keyset) describe(now time.Time) []KeyInfo {
	signer := s.signer(now)
	infos := make([]KeyInfo, len(s))
	for i, k := range s {
		infos[i] = k.KeyInfo
		switch {
		case i < signer:
			infos[i].State = Retired
		case i == signer:
			infos[i].State = Active
		default:
			infos[i].State = Published
		}
	}
	return infos
}

// check refuses a set that cannot sign or names a key twice.
func (s keyset) check() error {
	if len(s) == 0 {
		return fmt.Errorf("%w: there is no key", ErrMalformed)
	}
	seen := map[string]bool{}
	for _, k := range s {
		if seen[k.ID] {
			return fmt.Errorf("%w: key %s is there twice", ErrMalformed, k.ID)
		}
		seen[k.ID] = true
	}
	return nil
}
