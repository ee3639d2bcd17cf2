package revocation

// packedShard is a sorted list of entries that is never changed: one part of a
// [packedSet]. The tops lie apart from the rest, close together: a look-up reads a few
// bytes of them in one place, and the rest only where a top agrees, which it hardly
// ever does for an id that is not there.
type packedShard struct {
	tops  []uint16
	rests []rest
}

// rest is an entry without the number of its shard and its top.
type rest struct{ hi, lo uint64 }

const (
	topBits = 16
	lowBits = 64 - shardBits - topBits // of entry.hi that are in the rest
)

func (e *entry) shard() int { return int(e.hi >> (64 - shardBits)) }

func (e *entry) top() uint16 { return uint16(e.hi >> lowBits) }

func (e *entry) rest() rest {
	return rest{e.hi<<(64-lowBits) | e.lo>>lowBits, e.lo<<tailBits | uint64(e.tail)}
}

// sameID reports whether two rests differ in no more than the minute.
func (r rest) sameID(o rest) bool { return r.hi == o.hi && r.lo>>minuteBits == o.lo>>minuteBits }

// newPackedShard packs sorted entries.
func newPackedShard(entries []entry) *packedShard {
	s := &packedShard{make([]uint16, len(entries)), make([]rest, len(entries))}
	for k := range entries {
		s.tops[k], s.rests[k] = entries[k].top(), entries[k].rest()
	}
	return s
}

func (s *packedShard) len() int {
	if s == nil {
		return 0
	}
	return len(s.tops)
}

// entry is number k of the shard with number i.
func (s *packedShard) entry(i, k int) entry {
	r := s.rests[k]
	return entry{
		hi:   uint64(i)<<(64-shardBits) | uint64(s.tops[k])<<lowBits | r.hi>>(64-lowBits),
		lo:   r.hi<<lowBits | r.lo>>tailBits,
		tail: uint32(r.lo & (1<<tailBits - 1)),
	}
}

// unpack appends all entries of the shard with number i.
func (s *packedShard) unpack(i int, to []entry) []entry {
	for k := range s.len() {
		to = append(to, s.entry(i, k))
	}
	return to
}

// has reports whether the shard holds the id of e.
func (s *packedShard) has(e *entry) bool {
	top, want := e.top(), e.rest()
	for k := s.first(top); k < len(s.tops) && s.tops[k] == top; k++ {
		if s.rests[k].sameID(want) {
			return true
		}
	}
	return false
}

// first is the place of the first top that is not less than top. It looks for it
// from where it would be if all were spread quite evenly.
func (s *packedShard) first(top uint16) int {
	k := s.guess(top)
	for k > 0 && s.tops[k-1] >= top {
		k--
	}
	for k < len(s.tops) && s.tops[k] < top {
		k++
	}
	return k
}

func (s *packedShard) guess(top uint16) int { return int(top) * len(s.tops) >> topBits }
