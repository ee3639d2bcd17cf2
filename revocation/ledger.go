package revocation

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

const (
	callTimeout = 2 * time.Second // for a single small call
	feedLength  = 100_000         // entries kept, approximately
)

// ledger is what was taken back, as it lies in Redis. All its keys share one
// hash slot, so that a change and its feed entry are one transaction.
type ledger struct {
	redis       redis.UniversalClient
	ids         string // sorted set: id, scored by the unix second after which it may be forgotten
	generations string // hash: subject to the number of its newest generation
	rotations   string // hash: subject#generation to a record
	feed        string // stream of events
	lineage     string // a random word that a Redis keeps for as long as it forgets nothing
}

func newLedger(s *store.Store) ledger {
	slot := "{" + s.Key("revoked") + "}:"
	return ledger{
		redis:       s.Redis(),
		ids:         slot + "ids",
		generations: slot + "generations",
		rotations:   slot + "rotations",
		feed:        slot + "feed",
		lineage:     slot + "lineage",
	}
}

// write records an event and tells the feed, both or neither.
func (l *ledger) write(ctx context.Context, e event) (entryID, error) {
	return l.writeOn(ctx, l.redis, e)
}

// writeUnlisted records many ids, and tells the feed in one short entry that they
// were written and by whom. Listed one by one they would push all else out of it.
func (l *ledger) writeUnlisted(ctx context.Context, ids []map[string]int64, e event) (entryID, error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	data, err := e.encode()
	if err != nil {
		return entryID{}, err
	}
	var added *redis.StringCmd
	_, err = l.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, batch := range ids {
			p.ZAddArgs(ctx, l.ids, redis.ZAddArgs{GT: true, Members: members(batch)})
		}
		added = l.tell(ctx, p, data)
		return nil
	})
	if err != nil {
		return entryID{}, store.Unavailable(err)
	}
	return parseEntryID(added.Val())
}

func (l *ledger) tell(ctx context.Context, p redis.Pipeliner, data []byte) *redis.StringCmd {
	return p.XAdd(ctx, &redis.XAddArgs{Stream: l.feed, MaxLen: feedLength, Approx: true, Values: []any{"event", data}})
}

func (l *ledger) writeOn(ctx context.Context, client redis.Cmdable, e event) (entryID, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	data, err := e.encode()
	if err != nil {
		return entryID{}, err
	}
	rotations := make([]any, 0, 2*len(e.rotated))
	for _, r := range e.rotated {
		value, err := r.encode()
		if err != nil {
			return entryID{}, err
		}
		rotations = append(rotations, r.field(), value)
	}
	var added *redis.StringCmd
	_, err = client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		if len(e.revoked) > 0 {
			p.ZAddArgs(ctx, l.ids, redis.ZAddArgs{GT: true, Members: members(e.revoked)})
		}
		if len(rotations) > 0 {
			p.HSet(ctx, l.rotations, rotations...)
		}
		added = l.tell(ctx, p, data)
		return nil
	})
	if err != nil {
		return entryID{}, store.Unavailable(err)
	}
	return parseEntryID(added.Val())
}

func members(ids map[string]int64) []redis.Z {
	z := make([]redis.Z, 0, len(ids))
	for id, until := range ids {
		score := float64(until)
		if until == 0 {
			score = math.Inf(1)
		}
		z = append(z, redis.Z{Member: id, Score: score})
	}
	return z
}

// time is the store's clock.
func (l *ledger) time(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	now, err := l.redis.Time(ctx).Result()
	return now, store.Unavailable(err)
}

// prune drops the ids that may be forgotten at the time dead.
func (l *ledger) prune(ctx context.Context, dead time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return store.Unavailable(l.redis.ZRemRangeByScore(ctx, l.ids, "-inf", strconv.FormatInt(dead.Unix(), 10)).Err())
}
