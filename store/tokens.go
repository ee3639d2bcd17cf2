package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/token"
)

func (s *Store) tokenKey(id string) string { return s.Key("token:" + id) }

// SaveToken writes a new record, its index entries and the audit event of its
// minting. A record that cannot be encoded is an error of its own; any other failure is
// [ErrUnavailable], and then the token must not be given out: part of it may have been
// written.
func (s *Store) SaveToken(ctx context.Context, r Record, e Event) error {
	fields, err := r.encode()
	if err != nil {
		return err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	// No transaction: on a cluster these keys live on different nodes. The record
	// comes last, since whatever points to it may point to nothing.
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		s.appendAudit(ctx, p, e)
		s.scheduleForget(ctx, p, &r)
		for _, index := range r.indexes() {
			p.ZAdd(ctx, s.indexKey(index), redis.Z{Score: float64(r.CreatedAt.UnixMilli()), Member: r.ID})
		}
		p.HSet(ctx, s.tokenKey(r.ID), fields)
		return nil
	})
	return Unavailable(err)
}

// Token reads one record. [ErrNotFound], [ErrMalformed] and [ErrUnavailable] are
// three different answers.
func (s *Store) Token(ctx context.Context, id string) (Record, error) {
	if !token.ValidID(id) {
		return Record{}, fmt.Errorf("%w: no such id", ErrNotFound)
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	hash, err := s.redis.HGetAll(ctx, s.tokenKey(id)).Result()
	if err != nil {
		return Record{}, replyError(id, err)
	}
	return decodeRecord(id, hash)
}

// replyError tells a key of the wrong type, which asking again will not mend,
// from a Redis that does not answer.
func replyError(id string, err error) error {
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		return fmt.Errorf("%w: token %s is no hash", ErrMalformed, id)
	}
	return Unavailable(err)
}

// Tokens lists a subject's records, as [Store.List] does.
func (s *Store) Tokens(ctx context.Context, subject token.Subject, page Page) (records []Record, next string, err error) {
	return s.List(ctx, ofSubject(subject), page)
}

// List lists the records of an index, newest first. A record that cannot be read
// is left out and counted ([Store.Malformed]), so a page may be shorter than its
// limit; next is empty after the last page.
func (s *Store) List(ctx context.Context, index Index, page Page) (records []Record, next string, err error) {
	records, _, next, err = s.ListWithLost(ctx, index, page)
	return records, next, err
}

// ListWithLost is List, and the ids of those whose records were left out.
func (s *Store) ListWithLost(ctx context.Context, index Index, page Page) (records []Record, lost []string, next string, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	key := s.indexKey(index)
	start, err := s.startOf(ctx, key, page)
	if err != nil {
		return nil, nil, "", err
	}
	limit := page.limit()
	entries, err := s.redis.ZRevRangeWithScores(ctx, key, start, start+limit-1).Result()
	if err != nil {
		return nil, nil, "", Unavailable(err)
	}
	ids := make([]string, len(entries))
	for i, z := range entries {
		ids[i], _ = z.Member.(string)
	}
	if records, lost, err = s.records(ctx, ids); err != nil {
		return nil, nil, "", err
	}
	if n := len(entries); int64(n) == limit {
		next = cursor(int64(max(0, entries[n-1].Score)), ids[n-1])
	}
	return records, lost, next, nil
}

// startOf is the rank at which a page begins. If the token at the cursor is
// forgotten by now, its time still says where the list goes on.
func (s *Store) startOf(ctx context.Context, key string, page Page) (int64, error) {
	if page.Cursor == "" {
		return 0, nil
	}
	created, id, err := page.cursor()
	if err != nil || !token.ValidID(id) {
		return 0, fmt.Errorf("%w: %.80q", ErrCursor, page.Cursor)
	}
	rank, err := s.redis.ZRevRank(ctx, key, id).Result()
	if err == nil {
		return rank + 1, nil
	}
	if !errors.Is(err, redis.Nil) {
		return 0, Unavailable(err)
	}
	newer, err := s.redis.ZCount(ctx, key, "("+strconv.FormatUint(created, 10), "+inf").Result()
	return newer, Unavailable(err)
}

// records reads many records at once, in the order of ids; lost are the ids of those
// that there are not, or that make no sense.
func (s *Store) records(ctx context.Context, ids []string) (records []Record, lost []string, err error) {
	hashes, err := s.hashes(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	records = make([]Record, 0, len(ids))
	for i, id := range ids {
		r, err := decodeHash(id, hashes[i])
		switch {
		case err == nil:
			records = append(records, r)
		case errors.Is(err, ErrMalformed):
			s.malformed.Add(1)
			lost = append(lost, id)
		case errors.Is(err, ErrNotFound):
			lost = append(lost, id)
		default:
			return nil, nil, err
		}
	}
	return records, lost, nil
}

func (s *Store) hashes(ctx context.Context, ids []string) ([]*redis.MapStringStringCmd, error) {
	replies := make([]*redis.MapStringStringCmd, len(ids))
	if len(ids) == 0 {
		return replies, nil
	}
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			replies[i] = p.HGetAll(ctx, s.tokenKey(id))
		}
		return nil
	})
	if err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		return nil, Unavailable(err)
	}
	return replies, nil
}

func decodeHash(id string, reply *redis.MapStringStringCmd) (Record, error) {
	hash, err := reply.Result()
	if err != nil {
		return Record{}, replyError(id, err)
	}
	return decodeRecord(id, hash)
}
