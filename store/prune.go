package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

func (s *Store) expiryKey() string { return s.Key("expiry") }

// scheduleForget notes when [Store.Prune] may forget a record, unless it never may.
func (s *Store) scheduleForget(ctx context.Context, p redis.Pipeliner, r *Record) {
	if at := r.forgetAt(); !at.IsZero() {
		p.ZAdd(ctx, s.expiryKey(), redis.Z{Score: float64(at.UnixMilli()), Member: r.ID})
	}
}

// Prune forgets up to limit records (at most [MaxPage]) whose time is over at
// now, the longest over first, with their index entries, and says how many it
// looked at: there may be more when that is limit. A record that cannot be read
// stays for a person to look at and is named in the error, once.
func (s *Store) Prune(ctx context.Context, now time.Time, limit int) (n int, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	ids, err := s.redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: s.expiryKey(), ByScore: true, Start: "-inf", Stop: strconv.FormatInt(now.UnixMilli(), 10),
		Count: int64(min(max(limit, 1), MaxPage)),
	}).Result()
	if err != nil || len(ids) == 0 {
		return 0, Unavailable(err)
	}
	hashes, err := s.hashes(ctx, ids)
	if err != nil {
		return 0, err
	}
	due, malformed, err := s.sortDue(ids, hashes, now)
	if err != nil {
		return 0, err
	}
	if err := s.forget(ctx, due); err != nil {
		return 0, err
	}
	return len(ids), malformed
}

// fate is what becomes of an entry of the expiry index.
type fate struct {
	id     string
	record Record
	forget bool
}

// sortDue checks each record against its own times, since the index may be wrong.
func (s *Store) sortDue(ids []string, hashes []*redis.MapStringStringCmd, now time.Time) (due []fate, malformed, err error) {
	for i, id := range ids {
		r, err := decodeHash(id, hashes[i])
		at := r.forgetAt()
		switch {
		case err == nil:
			due = append(due, fate{id, r, !at.IsZero() && !at.After(now)})
		case errors.Is(err, ErrNotFound):
			due = append(due, fate{id: id, forget: true})
		case errors.Is(err, ErrMalformed):
			malformed = errors.Join(malformed, err)
			due = append(due, fate{id: id})
		default:
			return nil, nil, err
		}
	}
	return due, malformed, nil
}

// forget takes entries off the expiry index last: if anything before fails, the
// next call finds them again.
func (s *Store) forget(ctx context.Context, due []fate) error {
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, d := range due {
			if !d.forget {
				continue
			}
			if d.record.ID != "" {
				s.dropIndexes(ctx, p, &d.record)
			}
			p.Del(ctx, s.tokenKey(d.id))
		}
		return nil
	})
	if err != nil {
		return Unavailable(err)
	}
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, d := range due {
			if d.forget || d.record.forgetAt().IsZero() {
				p.ZRem(ctx, s.expiryKey(), d.id)
				continue
			}
			s.scheduleForget(ctx, p, &d.record)
		}
		return nil
	})
	return Unavailable(err)
}
