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
	revoked     map[string]int64
	generations map[token.Subject]uint64 // by how much the counter is too low
	records     []record
}

func (l lacking) empty() bool {
	return len(l.revoked)+len(l.generations)+len(l.records) == 0
}

// missingFrom compares the mirror with a snapshot that it has already taken in.
func (m *Mirror) missingFrom(s snapshot, now time.Time) lacking {
	forgotten := now.Add(-forgetSlack).Unix()
	l := lacking{revoked: map[string]int64{}, generations: map[token.Subject]uint64{}}
	for id, until := range m.revoked.all() {
		stored, ok := s.revoked[id]
		dead := until != 0 && until <= forgotten
		if !dead && (!ok || stored != until) {
			l.revoked[id] = until
		}
	}
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
	for batch := range slices.Chunk(slices.Collect(maps.Keys(f.lacking.revoked)), revokeBatch) {
		e := event{at: f.now().UnixMilli(), revoked: make(map[string]int64, len(batch))}
		for _, id := range batch {
			e.revoked[id] = f.lacking.revoked[id]
		}
		if _, err := f.ledger.write(ctx, e); err != nil {
			return err
		}
	}
	f.lacking = lacking{}
	f.mirror.repairs.Add(1)
	return nil
}
