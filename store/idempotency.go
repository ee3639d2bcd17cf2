package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/token"
)

// KeepIdempotency is how long the key of a request is remembered.
const KeepIdempotency = 24 * time.Hour

// Claim is the first use of an idempotency key: which token it was to make, and
// since when.
type Claim struct {
	ID string
	At time.Time
}

func (s *Store) idempotencyKey(digest string) string { return s.Key("idempotency:" + digest) }

func (s *Store) idempotencyIndex() string { return s.Key("idempotency") }

// ClaimIdempotency makes a request the only one with its key, which may be any
// text. If another was first, mine is false and the claim is the other's.
func (s *Store) ClaimIdempotency(ctx context.Context, key string, c Claim) (first Claim, mine bool, err error) {
	digest := digestText(sha256.Sum256([]byte(key)))
	ctx, cancel := bounded(ctx)
	defer cancel()
	// The index comes first: what it names is pruned, also if it was never written.
	forget := float64(c.At.Add(KeepIdempotency).UnixMilli())
	if err := s.redis.ZAddNX(ctx, s.idempotencyIndex(), redis.Z{Score: forget, Member: digest}).Err(); err != nil {
		return Claim{}, false, Unavailable(err)
	}
	mine, err = s.redis.SetNX(ctx, s.idempotencyKey(digest), c.encode(), 0).Result()
	if err != nil || mine {
		return c, mine, Unavailable(err)
	}
	text, err := s.redis.Get(ctx, s.idempotencyKey(digest)).Result()
	if errors.Is(err, redis.Nil) {
		return Claim{}, false, Unavailable(errors.New("an idempotency key was pruned in the same moment"))
	}
	if err != nil {
		return Claim{}, false, Unavailable(err)
	}
	first, err = decodeClaim(text)
	return first, first.ID == c.ID, err // ours, when its answer got lost and it was sent again
}

func (c Claim) encode() string { return formatTime(c.At) + " " + c.ID }

func decodeClaim(text string) (Claim, error) {
	at, id, _ := strings.Cut(text, " ")
	when, err := parseTime(at)
	if err != nil || !token.ValidID(id) {
		return Claim{}, fmt.Errorf("%w: idempotency key", ErrMalformed)
	}
	return Claim{ID: id, At: when}, nil
}

// PruneIdempotency forgets the keys whose time is over at now.
func (s *Store) PruneIdempotency(ctx context.Context, now time.Time) error {
	for {
		if n, err := s.pruneIdempotency(ctx, now); err != nil || n < MaxPage {
			return err
		}
	}
}

func (s *Store) pruneIdempotency(ctx context.Context, now time.Time) (n int, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	due, err := s.redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: s.idempotencyIndex(), ByScore: true, Start: "-inf", Stop: strconv.FormatInt(now.UnixMilli(), 10), Count: MaxPage,
	}).Result()
	if err != nil || len(due) == 0 {
		return 0, Unavailable(err)
	}
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, digest := range due {
			p.Del(ctx, s.idempotencyKey(digest))
		}
		return nil
	})
	if err != nil {
		return 0, Unavailable(err)
	}
	return len(due), Unavailable(s.redis.ZRem(ctx, s.idempotencyIndex(), due).Err())
}
