package revocation

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// lacking is what a store does not hold although the mirror knows of it: the
// store was emptied, replaced, or went back in time.
type lacking struct {
	revoked     *idSet
	generations map[token.Subject]uint64 // by how much the counter is too low
	records     []record
}

func (l lacking) empty() bool {
	return l.revoked == nil || l.revoked.len()+len(l.generations)+len(l.records) == 0
}

// absorb merges a snapshot and returns what the store that it shows is lacking.
func (m *Mirror) absorb(s snapshot, now time.Time) lacking {
	m.apply(event{rotated: slices.Collect(maps.Values(s.records))})
	m.raise(s.generations)
	l := lacking{
		revoked:     m.revoked.absorb(s.revoked, now.Add(-forgetSlack).Unix()),
		generations: map[token.Subject]uint64{},
	}
	m.changes.Add(1)
	for subject, h := range m.subjects.all() {
		if stored := s.generations[subject]; stored < h.generation && !s.unreadable[subject] {
			l.generations[subject] = h.generation - stored
		}
		for _, r := range h.records {
			stored, taken := s.records[r.field()]
			if taken && stored.equal(r) {
				continue
			}
			if taken {
				r = r.stricter(stored)
			}
			l.records = append(l.records, r)
		}
	}
	return l
}

// repair writes back what the store lacks, and tells the feed. On an error it is
// tried again: all of it, since writing twice changes nothing.
func (f *Follower) repair(ctx context.Context) error {
	if f.lacking.empty() {
		return nil
	}
	if _, err := f.ledger.advance(ctx, f.lacking.generations); err != nil {
		return err
	}
	clear(f.lacking.generations)
	for batch := range slices.Chunk(f.lacking.records, revokeBatch) {
		if _, err := f.ledger.write(ctx, event{at: f.now().UnixMilli(), rotated: batch}); err != nil {
			return err
		}
	}
	if err := f.repairIDs(ctx); err != nil {
		return err
	}
	f.lacking = lacking{}
	f.mirror.repairs.Add(1)
	return nil
}

func (f *Follower) repairIDs(ctx context.Context) error {
	e := event{revoked: make(map[string]int64, revokeBatch)}
	flush := func() error {
		if len(e.revoked) == 0 {
			return nil
		}
		e.at = f.now().UnixMilli()
		_, err := f.ledger.write(ctx, e)
		clear(e.revoked)
		return err
	}
	for id, until := range f.lacking.revoked.all() {
		e.revoked[id] = until
		if len(e.revoked) < revokeBatch {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return flush()
}
