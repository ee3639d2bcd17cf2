package revocation

import (
	"iter"
	"maps"
)

// mergeBatch is how many entries are gathered before they are merged: a shard is
// copied once for all that it gets.
const mergeBatch = 1 << 20

// idSet is the ids that were taken back, each with the time of forgetting. It is
// exact: no id that was not added is found, and none that was is missed.
//
// Ids that we draw ourselves, those of [token.NewID] and of opaque credentials,
// take about 20 bytes each; their times are rounded up to the minute. Others,
// which came from elsewhere, take some 100 bytes.
type idSet struct {
	packer *packer
	packed *packedSet
	others *cowMap[string, int64] // id to unix seconds, 0 for never
}

func newIDSet() *idSet { return newIDSetOf(newPacker()) }

// emptyLike is an empty set whose entries mean the same as those of s.
func (s *idSet) emptyLike() *idSet { return newIDSetOf(s.packer) }

func newIDSetOf(p *packer) *idSet {
	return &idSet{packer: p, packed: &packedSet{}, others: newCowMap[string](later)}
}

func (s *idSet) len() int { return s.packed.len() + s.others.len() }

// has takes no lock and does not allocate.
func (s *idSet) has(id string) bool {
	if e, ok := s.packer.find(id); ok {
		return s.packed.has(&e)
	}
	if s.others.len() == 0 {
		return false
	}
	_, ok := s.others.get(id)
	return ok
}

// merge adds ids with their times of forgetting, in unix seconds, 0 for never.
func (s *idSet) merge(ids map[string]int64) {
	b := idBatch{set: s}
	for id, until := range ids {
		b.add(id, until)
	}
	b.flush()
}

// idBatch adds many ids to a set.
type idBatch struct {
	set     *idSet
	entries []entry
	others  map[string]int64
}

func (b *idBatch) add(id string, until int64) {
	if e, ok := b.set.packer.pack(id, minuteOf(until)); ok {
		b.entries = append(b.entries, e)
	} else {
		if b.others == nil {
			b.others = map[string]int64{}
		}
		if known, twice := b.others[id]; twice {
			until = later(known, until)
		}
		b.others[id] = until
	}
	b.flushIfFull()
}

// addEntry adds the entry of an id as [token.NewID] draws it, not scattered.
func (b *idBatch) addEntry(e entry) {
	b.entries = append(b.entries, b.set.packer.scatter(e))
	b.flushIfFull()
}

func (b *idBatch) flushIfFull() {
	if len(b.entries)+len(b.others) >= mergeBatch {
		b.flush()
	}
}

func (b *idBatch) flush() {
	b.set.packed.merge(b.entries)
	b.set.others.merge(b.others)
	b.entries = b.entries[:0]
	clear(b.others)
}

// absorb merges o, which is like s, and returns what o lacks of s and is not dead
// by the unix second dead.
func (s *idSet) absorb(o *idSet, dead int64) (lacking *idSet) {
	lacking = s.emptyLike()
	missing := map[string]int64{}
	for id, until := range s.others.all() {
		stored, ok := o.others.get(id)
		if (until == 0 || until > dead) && (!ok || later(stored, until) != stored) {
			missing[id] = until
		}
	}
	lacking.others.merge(missing)
	s.others.merge(maps.Collect(o.others.all()))
	lacking.packed = s.packed.absorb(o.packed, uint32(max(0, dead)/60))
	return lacking
}

// forget drops the ids that may be forgotten at the unix second dead.
func (s *idSet) forget(dead int64) {
	s.packed.forget(uint32(max(0, dead) / 60))
	s.others.replace(func(_ string, until int64) (int64, bool) { return until, until == 0 || until > dead })
}

// all yields everything there was at some time during the iteration.
func (s *idSet) all() iter.Seq2[string, int64] {
	return func(yield func(string, int64) bool) {
		for i := range idParts {
			for id, until := range s.part(i) {
				if !yield(id, until) {
					return
				}
			}
		}
	}
}

// idParts is how many parts a set is in.
const idParts = packedShards + cowShards

// part yields everything in one part.
func (s *idSet) part(i int) iter.Seq2[string, int64] {
	if i >= packedShards {
		return maps.All(s.others.load(uint64(i - packedShards)))
	}
	return func(yield func(string, int64) bool) {
		for e := range s.packed.part(i) {
			if !yield(s.packer.unpack(e), secondOf(e.minute())) {
				return
			}
		}
	}
}
