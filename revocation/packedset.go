package revocation

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
)

// packedShards is how many shards there are. Of ten million ids, each holds some 600:
// the index of shards still fits a processor's own cache, and a copy of one is small.
const packedShards = 1 << shardBits

// packedSet is a set of entries, exact, in 18 bytes each and what the allocator
// adds. A shard is never changed but replaced by a changed copy: readers take no
// lock, and a writer waits for one shard at a time.
type packedSet struct {
	mu      sync.Mutex // held by writers, for one shard each time
	shards  [packedShards]atomic.Pointer[packedShard]
	size    atomic.Int64
	scratch struct{ mine, theirs, lacking, joined []entry } // guarded by mu
}

func (s *packedSet) len() int { return int(s.size.Load()) }

// has reports whether the set holds the id of e.
func (s *packedSet) has(e *entry) bool {
	shard := s.shards[e.shard()].Load()
	return shard != nil && shard.has(e)
}

// merge adds entries, in whose order it leaves them sorted. The later of two
// times of forgetting counts.
func (s *packedSet) merge(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int { return a.compare(&b) })
	for start, end := 0, 0; start < len(entries); start = end {
		i := entries[start].shard()
		for end < len(entries) && entries[end].shard() == i {
			end++
		}
		s.replace(i, func(old, to []entry) []entry { return joinEntries(old, entries[start:end], to) })
	}
}

// replace puts what change makes of shard i in its place. Change appends to its
// second argument; it must keep neither.
func (s *packedSet) replace(i int, change func(old, to []entry) []entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.shards[i].Load().unpack(i, s.scratch.mine[:0])
	changed := change(old, s.scratch.joined[:0])
	s.scratch.mine, s.scratch.joined = old, changed
	if !slices.Equal(old, changed) {
		s.publish(i, newPackedShard(changed))
	}
}

// publish replaces shard i; the caller holds mu.
func (s *packedSet) publish(i int, shard *packedShard) {
	s.size.Add(int64(shard.len() - s.shards[i].Load().len()))
	if shard.len() == 0 {
		shard = nil
	}
	s.shards[i].Store(shard)
}

// forget drops the ids whose minute is not after dead.
func (s *packedSet) forget(dead uint32) {
	for i := range packedShards {
		if s.shards[i].Load() == nil {
			continue
		}
		s.replace(i, func(old, kept []entry) []entry {
			for k := range old {
				if old[k].outlives(dead) {
					kept = append(kept, old[k])
				}
			}
			return kept
		})
	}
}

// absorb merges o and returns what o lacks of s and is not dead.
func (s *packedSet) absorb(o *packedSet, dead uint32) (lacking *packedSet) {
	lacking = &packedSet{}
	for i := range packedShards {
		if from := o.shards[i].Load(); from != nil || s.shards[i].Load() != nil {
			lacking.publish(i, s.absorbShard(i, from, dead))
		}
	}
	return lacking
}

// absorbShard is absorb for shard i. Shards that come out equal are shared by the
// sets, so that a second copy costs little.
func (s *packedSet) absorbShard(i int, from *packedShard, dead uint32) (lacking *packedShard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, mine := &s.scratch, s.shards[i].Load()
	c.mine, c.theirs = mine.unpack(i, c.mine[:0]), from.unpack(i, c.theirs[:0])
	c.lacking = missingEntries(c.mine, c.theirs, dead, c.lacking[:0])
	c.joined = joinEntries(c.mine, c.theirs, c.joined[:0])
	switch {
	case slices.Equal(c.joined, c.mine):
	case slices.Equal(c.joined, c.theirs):
		s.publish(i, from)
	default:
		s.publish(i, newPackedShard(c.joined))
	}
	if len(c.lacking) == len(c.mine) {
		return mine
	}
	return newPackedShard(c.lacking)
}

// all yields every entry there was at some time during the iteration.
func (s *packedSet) all() iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for i := range packedShards {
			for e := range s.part(i) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// part yields the entries of shard i.
func (s *packedSet) part(i int) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		shard := s.shards[i].Load()
		for k := range shard.len() {
			if !yield(shard.entry(i, k)) {
				return
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

// compare orders by id alone.
func (e *entry) compare(o *entry) int {
	if e.hi != o.hi { // nearly always
		return cmp.Compare(e.hi, o.hi)
	}
	return cmp.Or(cmp.Compare(e.lo, o.lo), cmp.Compare(e.tail>>minuteBits, o.tail>>minuteBits))
}

// appendJoined appends an entry that is not less than the last one.
func appendJoined(to []entry, e entry) []entry {
	if last := len(to) - 1; last >= 0 && to[last].compare(&e) == 0 {
		to[last].setMinute(laterMinute(to[last].minute(), e.minute()))
		return to
	}
	return append(to, e)
}

// joinEntries appends the union of two sorted lists.
func joinEntries(a, b, to []entry) []entry {
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(&b[0]) <= 0 {
			to = appendJoined(to, a[0])
			a = a[1:]
		} else {
			to = appendJoined(to, b[0])
			b = b[1:]
		}
	}
	for _, rest := range [2][]entry{a, b} {
		for i := range rest {
			to = appendJoined(to, rest[i])
		}
	}
	return to
}

// missingEntries appends what of mine theirs has not, or only to an earlier time.
func missingEntries(mine, theirs []entry, dead uint32, to []entry) []entry {
	for i := range mine {
		e := &mine[i]
		for len(theirs) > 0 && theirs[0].compare(e) < 0 {
			theirs = theirs[1:]
		}
		if !e.outlives(dead) {
			continue
		}
		if len(theirs) > 0 && theirs[0].compare(e) == 0 && laterMinute(theirs[0].minute(), e.minute()) == theirs[0].minute() {
			continue
		}
		to = append(to, *e)
	}
	return to
}
