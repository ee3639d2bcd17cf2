package revocation

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// packedShards holds some 600 ids each when there are ten million: the index of
// shards then still fits a processor's own cache, and a copy of a shard is small.
const packedShards = 1 << shardBits

// slot is an entry without its first bits, which the number of its shard tells.
// It is big-endian, so that slots sort as entries do.
type slot [18]byte

func (e entry) shard() int { return int(e.hi >> (64 - shardBits)) }

func (e entry) compare(o entry) int {
	if c := cmp.Compare(e.hi, o.hi); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(e.lo, o.lo), cmp.Compare(e.tail, o.tail))
}

func (e entry) slot() (s slot) {
	binary.BigEndian.PutUint64(s[:], e.hi<<shardBits|e.lo>>(64-shardBits))
	binary.BigEndian.PutUint64(s[8:], e.lo<<shardBits|uint64(e.tail>>16))
	binary.BigEndian.PutUint16(s[16:], uint16(e.tail))
	return s
}

func (s *slot) entry(shard int) entry {
	high := s.high()
	return entry{
		hi:   uint64(shard)<<(64-shardBits) | high>>shardBits,
		lo:   high<<(64-shardBits) | binary.BigEndian.Uint64(s[8:])>>shardBits,
		tail: binary.BigEndian.Uint32(s[14:]) & (1<<tailBits - 1),
	}
}

// high is the part of a slot that is spread evenly.
func (s *slot) high() uint64 { return binary.BigEndian.Uint64(s[:]) }

// low is the rest of the id.
func (s *slot) low() uint64 { return binary.BigEndian.Uint64(s[8:]) >> (minuteBits - 16) }

func (s *slot) minute() uint32 { return binary.BigEndian.Uint32(s[14:]) & minuteMask }

func (s *slot) setMinute(minute uint32) {
	tail := binary.BigEndian.Uint32(s[14:])
	binary.BigEndian.PutUint32(s[14:], tail&^minuteMask|minute)
}

// compare orders by id alone.
func (s *slot) compare(o *slot) int {
	if c := cmp.Compare(s.high(), o.high()); c != 0 {
		return c
	}
	return cmp.Compare(s.low(), o.low())
}

// packedSet is a set of entries, exact, in 18 bytes each and what the allocator
// adds. A shard is a sorted list that is never changed but replaced by a changed
// copy: readers take no lock, and a writer waits for one shard at a time.
type packedSet struct {
	mu      sync.Mutex // held by writers, for one shard each time
	shards  [packedShards]atomic.Pointer[[]slot]
	size    atomic.Int64
	scratch []slot // guarded by mu
}

func (s *packedSet) len() int { return int(s.size.Load()) }

func (s *packedSet) shard(i int) []slot {
	if shard := s.shards[i].Load(); shard != nil {
		return *shard
	}
	return nil
}

// has reports whether the set holds the id of e. It guesses where the id would lie
// if all were spread quite evenly, begins as far before as chance may have it, and
// reads on from there: one place in memory, and no step that waits for the last.
func (s *packedSet) has(e entry) bool {
	shard := s.shard(e.shard())
	if len(shard) == 0 {
		return false
	}
	want := e.slot()
	high, low := want.high(), want.low()
	guess, _ := bits.Mul64(high, uint64(len(shard)))
	i := max(0, int(guess)-1<<(bits.Len(uint(len(shard)))/2)/2)
	for i > 0 && shard[i].high() >= high {
		i--
	}
	for i < len(shard) && shard[i].high() < high {
		i++
	}
	for ; i < len(shard) && shard[i].high() == high; i++ {
		if shard[i].low() == low {
			return true
		}
	}
	return false
}

// merge adds entries, in whose order it leaves them sorted. The later of two
// times of forgetting counts.
func (s *packedSet) merge(entries []entry) {
	slices.SortFunc(entries, entry.compare)
	var added []slot
	for start := 0; start < len(entries); {
		i := entries[start].shard()
		added = added[:0]
		for start < len(entries) && entries[start].shard() == i {
			added = appendJoined(added, entries[start].slot())
			start++
		}
		s.replace(i, func(old, scratch []slot) []slot { return joinSlots(old, added, scratch) })
	}
}

// replace puts what change makes of shard i in its place. Change appends to its
// second argument, which it must not keep.
func (s *packedSet) replace(i int, change func(old, scratch []slot) []slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.shard(i)
	changed := change(old, s.scratch[:0])
	s.scratch = changed
	if slices.Equal(old, changed) {
		return
	}
	s.publish(i, slices.Clone(changed))
}

// publish replaces shard i; the caller holds mu.
func (s *packedSet) publish(i int, shard []slot) {
	s.size.Add(int64(len(shard) - len(s.shard(i))))
	if len(shard) == 0 {
		s.shards[i].Store(nil)
		return
	}
	s.shards[i].Store(&shard)
}

// forget drops the ids whose minute is not after dead.
func (s *packedSet) forget(dead uint32) {
	for i := range packedShards {
		if len(s.shard(i)) == 0 {
			continue
		}
		s.replace(i, func(old, kept []slot) []slot {
			for k := range old {
				if minute := old[k].minute(); minute == 0 || minute > dead {
					kept = append(kept, old[k])
				}
			}
			return kept
		})
	}
}

// absorb merges o and returns what o lacks of s and is not dead. Shards that come
// out equal are shared by the sets, so that a second copy costs little.
func (s *packedSet) absorb(o *packedSet, dead uint32) (lacking *packedSet) {
	lacking = &packedSet{}
	for i := range packedShards {
		theirs := o.shard(i)
		s.mu.Lock()
		mine := s.shard(i)
		missing := missingSlots(mine, theirs, dead, s.scratch[:0])
		if len(missing) == len(mine) {
			lacking.publish(i, mine)
		} else {
			lacking.publish(i, slices.Clone(missing))
		}
		joined := joinSlots(mine, theirs, missing[:0])
		switch {
		case slices.Equal(joined, mine):
		case slices.Equal(joined, theirs):
			s.publish(i, theirs)
		default:
			s.publish(i, slices.Clone(joined))
		}
		s.scratch = joined
		s.mu.Unlock()
	}
	return lacking
}

// all yields every entry there was at some time during the iteration.
func (s *packedSet) all() iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for i := range packedShards {
			for k, shard := 0, s.shard(i); k < len(shard); k++ {
				if !yield(shard[k].entry(i)) {
					return
				}
			}
		}
	}
}

// frozen is a set that holds what s holds now, and shares its memory.
func (s *packedSet) frozen() *packedSet {
	f := &packedSet{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range packedShards {
		f.shards[i].Store(s.shards[i].Load())
	}
	f.size.Store(s.size.Load())
	return f
}

// appendJoined appends a slot that is not less than the last one.
func appendJoined(to []slot, s slot) []slot {
	if last := len(to) - 1; last >= 0 && to[last].compare(&s) == 0 {
		to[last].setMinute(laterMinute(to[last].minute(), s.minute()))
		return to
	}
	return append(to, s)
}

// joinSlots appends the union of two sorted lists.
func joinSlots(a, b, to []slot) []slot {
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(&b[0]) <= 0 {
			to = appendJoined(to, a[0])
			a = a[1:]
		} else {
			to = appendJoined(to, b[0])
			b = b[1:]
		}
	}
	for _, rest := range [2][]slot{a, b} {
		for i := range rest {
			to = appendJoined(to, rest[i])
		}
	}
	return to
}

// missingSlots appends what of mine theirs has not, or only to an earlier time.
func missingSlots(mine, theirs []slot, dead uint32, to []slot) []slot {
	for i := range mine {
		s := &mine[i]
		for len(theirs) > 0 && theirs[0].compare(s) < 0 {
			theirs = theirs[1:]
		}
		minute := s.minute()
		if minute != 0 && minute <= dead {
			continue
		}
		if len(theirs) > 0 && theirs[0].compare(s) == 0 && laterMinute(theirs[0].minute(), minute) == theirs[0].minute() {
			continue
		}
		to = append(to, *s)
	}
	return to
}
