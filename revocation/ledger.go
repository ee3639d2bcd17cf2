package revocation

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

const (
	callTimeout = 2 * time.Second // for a single small call
	feedLength  = 100_000         // entries kept, approximately
	// generationBits keeps numbers so low that adding to one never overflows the
	// signed counters of Redis.
	generationBits = 62
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
func (l *ledger) writeUnlisted(ctx context.Context, ids []map[string]int64, e event) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	data, err := e.encode()
	if err != nil {
		return err
	}
	_, err = l.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, batch := range ids {
			p.ZAddArgs(ctx, l.ids, redis.ZAddArgs{GT: true, Members: members(batch)})
		}
		return l.tell(ctx, p, data).Err()
	})
	return store.Unavailable(err)
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

// advance adds to counters of generations and returns what they then are. Adding
// never lowers a counter, also when two nodes raise it at once.
func (l *ledger) advance(ctx context.Context, by map[token.Subject]uint64) (map[token.Subject]uint64, error) {
	if len(by) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	replies := make(map[token.Subject]*redis.IntCmd, len(by))
	_, err := l.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for s, n := range by {
			replies[s] = p.HIncrBy(ctx, l.generations, s.String(), int64(n))
		}
		return nil
	})
	if err != nil {
		return nil, store.Unavailable(err)
	}
	generations := make(map[token.Subject]uint64, len(by))
	for s, reply := range replies {
		generations[s] = uint64(max(0, reply.Val()))
	}
	return generations, nil
}

// generation reads one counter; 0 when the subject has none.
func (l *ledger) generation(ctx context.Context, s token.Subject) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	value, err := l.redis.HGet(ctx, l.generations, s.String()).Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, store.Unavailable(err)
	}
	generation, err := strconv.ParseUint(value, 10, generationBits)
	return generation, store.Unavailable(err)
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
