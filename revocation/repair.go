package revocation

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// lacking is what a store does not hold although the mirror knows of it: the
// store was emptied, replaced, or went back in time.
type lacking struct {
	revoked     *idSet
	generations map[token.Subject]uint64 // to which the counter must be raised
	records     []record
}

func (l lacking) empty() bool {
	return l.revoked == nil || l.revoked.len()+len(l.generations)+len(l.records) == 0
}

// absorb merges a snapshot and returns what the store that it shows is lacking.
func (m *Mirror) absorb(s snapshot, now time.Time) lacking {
	m.apply(event{rotated: slices.Collect(maps.Values(s.records))})
	m.raise(s.past(now))
	l := lacking{
		revoked:     m.revoked.absorb(s.revoked, now.Add(-forgetSlack).Unix()),
		generations: map[token.Subject]uint64{},
	}
	m.changes.Add(1)
	for subject, h := range m.subjects.all() {
		if stored := s.generations[subject]; stored < h.generation && !s.unreadable[subject] {
			l.generations[subject] = h.generation
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

const (
	// massRepair is how many lost ids are listed in the feed. For more, other nodes
	// are told to read everything.
	massRepair = 10_000
	// massBatches is how many batches of [revokeBatch] ids one transaction holds then.
	massBatches = 10
)

// repair writes back what the store lacks, and tells the feed. On an error it is
// tried again: all of it, since writing twice changes nothing.
func (f *Follower) repair(ctx context.Context) error {
	if f.lacking.empty() {
		return nil
	}
	if _, err := f.ledger.raise(ctx, f.lacking.generations); err != nil {
		return err
	}
	for batch := range slices.Chunk(f.lacking.records, revokeBatch) {
		if err := f.write(ctx, event{at: f.now().UnixMilli(), rotated: batch}); err != nil {
			return err
		}
	}
	if err := f.repairIDs(ctx); err != nil || !f.synced {
		return err
	}
	f.lacking = lacking{}
	f.mirror.repairs.Add(1)
	return nil
}

// repairIDs goes on listening while it writes, which may take long. When the feed
// breaks meanwhile, it ends early: the next resync shows what is lacking still.
func (f *Follower) repairIDs(ctx context.Context) error {
	write := f.writeListed
	size := 1
	if f.lacking.revoked.len() > massRepair {
		write, size = f.writeUnlisted, massBatches
	}
	for batches := range chunks(f.lacking.revoked.all(), revokeBatch, size) {
		if err := write(ctx, batches); err != nil {
			return err
		}
		if _, err := f.catchUp(ctx); err != nil || !f.synced {
			return err
		}
	}
	return nil
}

func (f *Follower) writeListed(ctx context.Context, batches []map[string]int64) error {
	for _, batch := range batches {
		if err := f.write(ctx, event{at: f.now().UnixMilli(), revoked: batch}); err != nil {
			return err
		}
	}
	return nil
}

// write also keeps a receipt: the store can lose a repair as well.
func (f *Follower) write(ctx context.Context, e event) error {
	at, err := f.ledger.write(ctx, e)
	if err == nil {
		f.mirror.wrote(at, e)
	}
	return err
}

func (f *Follower) writeUnlisted(ctx context.Context, batches []map[string]int64) error {
	e := event{at: f.now().UnixMilli(), unlisted: f.word}
	at, err := f.ledger.writeUnlisted(ctx, batches, e)
	if err == nil {
		f.mirror.wrote(at, e)
	}
	return err
}

// chunks yields up to count maps of up to size ids at a time.
func chunks(ids iter.Seq2[string, int64], size, count int) iter.Seq[[]map[string]int64] {
	return func(yield func([]map[string]int64) bool) {
		chunk := []map[string]int64{make(map[string]int64, size)}
		for id, until := range ids {
			if len(chunk[len(chunk)-1]) == size {
				if len(chunk) == count {
					if !yield(chunk) {
						return
					}
					chunk = chunk[:0]
				}
				chunk = append(chunk, make(map[string]int64, size))
			}
			chunk[len(chunk)-1][id] = until
		}
		if len(chunk[0]) > 0 {
			yield(chunk)
		}
	}
}
