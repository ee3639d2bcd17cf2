package verifier

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync/atomic"

	"github.com/sekisho-project/sekisho/token"
)

const (
	// DefaultCacheEntries and DefaultCacheBytes are the default bounds of a [Cache].
	DefaultCacheEntries = 100_000
	DefaultCacheBytes   = 128 << 20
	// MaxCacheEntries is the most that a [Cache] can be asked to hold.
	MaxCacheEntries = 1 << 27
)

const (
	// ways is how many places a token can stand in: enough that a cache which is not
	// full rarely evicts.
	ways = 8
	// minSetBytes is the least that a set may hold: tokens with long lists find room.
	minSetBytes = 8 << 10

	// What an entry and its grant take without what they point to, and what each
	// network and each string of a list adds, in bytes.
	plainWeight   = 400
	networkWeight = 32
	stringWeight  = 16
)

// Cache remembers what verified tokens grant, by a keyed digest of each. It is an array of
// small sets, read and written slot by slot with atomic operations: there is no lock,
// and its size never changes. It may be used by many goroutines, and by all verifiers
// that ask the same keys and records.
type Cache struct {
	fingerprints *fingerprinter
	sets         []set
	setBytes     int
}

type set [ways]atomic.Pointer[entry]

type entry struct {
	print fingerprint
	grant *token.Grant
	used  atomic.Bool // since it was last considered for eviction
}

// NewCache makes a cache that remembers at most so many tokens, rounded up to a
// multiple of 8, in so many bytes; there must be one entry and 8 KiB at least, and
// [MaxCacheEntries] at most. A token that takes more than its share of the bytes is
// not remembered.
func NewCache(entries, bytes int) (*Cache, error) {
	switch {
	case entries < 1 || bytes < minSetBytes:
		return nil, errors.New("verifier: a token cache needs one entry and 8 KiB at least")
	case entries > MaxCacheEntries:
		return nil, fmt.Errorf("verifier: a token cache holds %d entries at most", MaxCacheEntries)
	}
	sets := min((entries+ways-1)/ways, bytes/minSetBytes)
	prints, err := newFingerprinter()
	if err != nil {
		return nil, err
	}
	return &Cache{fingerprints: prints, sets: make([]set, sets), setBytes: bytes / sets}, nil
}

// setOf picks a set by the fingerprint, which no one can steer.
func (c *Cache) setOf(print fingerprint) *set {
	i, _ := bits.Mul64(binary.LittleEndian.Uint64(print[:8]), uint64(len(c.sets)))
	return &c.sets[i]
}

func (c *Cache) get(print fingerprint) (*token.Grant, bool) {
	s := c.setOf(print)
	for i := range s {
		e := s[i].Load()
		if e == nil || e.print != print {
			continue
		}
		if !e.used.Load() { // a plain store would make all cores fight for the line
			e.used.Store(true)
		}
		return e.grant, true
	}
	return nil, false
}

// put remembers a grant, in place of one that was not used lately when the set is
// full. Two goroutines that put at once may lose one entry; it is verified again.
func (c *Cache) put(print fingerprint, g *token.Grant) {
	if weight(g) > c.setBytes {
		return
	}
	s := c.setOf(print)
	i := s.victim(print)
	s[i].Store(&entry{print: print, grant: g})
	s.shrink(c.setBytes, i)
}

// victim is the slot to write: the token's own, a free one, or the first that was
// not used since the last time round (second chance).
func (s *set) victim(print fingerprint) int {
	for i := range s {
		if e := s[i].Load(); e == nil || e.print == print {
			return i
		}
	}
	for i := range s {
		if e := s[i].Load(); e == nil || !e.used.Swap(false) { // another shrink may have emptied it
			return i
		}
	}
	return int(print[8]) % ways
}

// shrink drops entries until the set weighs no more than bytes: first those that were
// not used lately, and never the one at keep.
func (s *set) shrink(bytes, keep int) {
	total := 0
	for i := range s {
		if e := s[i].Load(); e != nil {
			total += weight(e.grant)
		}
	}
	for _, used := range []bool{false, true} {
		for i := range s {
			if total <= bytes {
				return
			}
			if e := s[i].Load(); e != nil && i != keep && e.used.Load() == used {
				s[i].CompareAndSwap(e, nil)
				total -= weight(e.grant)
			}
		}
	}
}

// weight is about how many bytes an entry with a grant takes.
func weight(g *token.Grant) int {
	n := plainWeight + networkWeight*len(g.Networks)
	for _, s := range []string{g.ID, g.Organization, g.Database, g.Group, g.KeyID, g.Holder, g.Note, g.Creator} {
		n += len(s)
	}
	for _, list := range [][]string{g.Databases, g.ReadAttach, g.Scopes, g.Routes} {
		for _, s := range list {
			n += stringWeight + len(s)
		}
	}
	return n
}
