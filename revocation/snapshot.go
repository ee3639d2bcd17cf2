package revocation

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

const (
	snapshotPageSize = 4_000
	// snapshotPages are asked for at once, so that Redis reads while we decode.
	snapshotPages   = 4
	snapshotTimeout = 10 * time.Second // for them together
)

// snapshot is everything that a store holds.
type snapshot struct {
	revoked     *idSet
	generations map[token.Subject]uint64
	unreadable  map[token.Subject]bool // counters that are no counters
	records     map[string]record      // by field
	ends        []receipt              // of the feed: entries at which it ended at some time
}

// past are the counters that are not ahead of now: any other must be a rotation's, whose
// record tells of it ([Registry.Generation]).
func (s *snapshot) past(now time.Time) map[token.Subject]uint64 {
	past := maps.Clone(s.generations)
	maps.DeleteFunc(past, func(_ token.Subject, generation uint64) bool { return generation > uint64(now.UnixMicro()) })
	return past
}

// read reads everything into s, whose revoked ids are there and empty.
func (l *ledger) read(ctx context.Context, s *snapshot, log *slog.Logger) error {
	if err := l.readIDs(ctx, s); err != nil {
		return err
	}
	if err := l.readGenerations(ctx, log, s); err != nil {
		return err
	}
	records, err := l.readRecords(ctx, log)
	s.records = records
	return err
}

// readIDs reads by rank from the highest score down. An id that is added, or
// gets a later time, moves the unread ones only further away, so that some are
// read twice; pruning takes from the other end. So none is missed, however many
// share a score, but for those that the feed tells of.
func (l *ledger) readIDs(ctx context.Context, into *snapshot) error {
	group, ctx := errgroup.WithContext(ctx)
	rounds := make(chan [][]redis.Z, 1) // the next is under way while one is packed
	group.Go(func() error {
		defer close(rounds)
		for last := int64(-1); ; last -= snapshotPages * snapshotPageSize {
			pages, end, err := l.readIDPages(ctx, last)
			if err != nil {
				return err
			}
			into.ends = append(into.ends, end.receipt())
			rounds <- pages
			if len(pages[snapshotPages-1]) < snapshotPageSize {
				return nil
			}
		}
	})
	batch := idBatch{set: into.revoked}
	for pages := range rounds {
		for _, z := range slices.Concat(pages...) {
			if id, _ := z.Member.(string); token.ValidID(id) {
				batch.add(id, untilOf(z.Score))
			}
		}
	}
	batch.flush()
	return group.Wait()
}

// readIDPages reads pages from the rank last down, one after the other, and then where
// the feed ends.
func (l *ledger) readIDPages(ctx context.Context, last int64) (_ [][]redis.Z, end position, err error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	replies := make([]*redis.ZSliceCmd, snapshotPages)
	var newest *redis.XMessageSliceCmd
	_, err = l.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range replies {
			replies[i] = p.ZRangeWithScores(ctx, l.ids, last-snapshotPageSize+1, last)
			last -= snapshotPageSize
		}
		newest = p.XRevRangeN(ctx, l.feed, "+", "-", 1)
		return nil
	})
	pages := make([][]redis.Z, snapshotPages)
	for i, reply := range replies {
		pages[i] = reply.Val()
	}
	if err == nil && len(newest.Val()) > 0 {
		end, err = positionOf(newest.Val()[0])
	}
	return pages, end, store.Unavailable(err)
}

// untilOf reads a score: unix seconds, or for ever beyond what a score counts exactly.
func untilOf(score float64) int64 {
	if !(score < 1<<53) {
		return 0
	}
	return max(1, int64(score))
}

// readGenerations reads all counters. One that is no number stops the minting for
// its subject; guessing a number for it could bring retired tokens back.
func (l *ledger) readGenerations(ctx context.Context, log *slog.Logger, into *snapshot) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	fields, err := l.redis.HGetAll(ctx, l.generations).Result()
	if err != nil {
		return store.Unavailable(err)
	}
	for field, value := range fields {
		subject, err := token.ParseSubject(field)
		if err != nil {
			log.Warn("generation in the store is malformed: ignored", "error", err)
			continue
		}
		generation, err := parseGeneration(value)
		if err != nil {
			log.Error("generation in the store is malformed: remove it, or nothing can be minted for its subject",
				"key", l.generations, "subject", field)
			into.unreadable[subject] = true
			continue
		}
		into.generations[subject] = generation
	}
	return nil
}

// readRecords reads all rotations. One that cannot be read keeps nothing and
// waits for nothing: that much its name tells.
func (l *ledger) readRecords(ctx context.Context, log *slog.Logger) (map[string]record, error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	fields, err := l.redis.HGetAll(ctx, l.rotations).Result()
	if err != nil {
		return nil, store.Unavailable(err)
	}
	records := make(map[string]record, len(fields))
	for field, value := range fields {
		r, ok, err := storedRecord(field, value)
		switch {
		case !ok:
			log.Warn("rotation in the store is malformed: ignored", "error", err)
			continue
		case err != nil:
			log.Warn("rotation in the store is malformed: nothing is kept", "rotation", field, "error", err)
		}
		records[field] = r
	}
	return records, nil
}

// storedRecord reads a rotation as it lies in the store; not ok where not even its name
// makes sense.
func storedRecord(field, value string) (r record, ok bool, err error) {
	strictest, err := parseField(field)
	if err != nil {
		return record{}, false, err
	}
	r, err = decodeRecord([]byte(value))
	if err == nil && r.field() != field {
		err = errors.New("it stands under another name")
	}
	if err != nil {
		return strictest, true, err
	}
	return r, true, nil
}
