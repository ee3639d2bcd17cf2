package store

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/token"
)

// MarkUsed notes when tokens were last used, by id, in two round trips for all of
// them. A later time that is noted already stays, and a record that is gone stays
// gone. Nothing is read of a record but this time and its id.
func (s *Store) MarkUsed(ctx context.Context, uses map[string]time.Time) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	noted := make(map[string]*redis.SliceCmd, len(uses))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for id := range uses {
			if token.ValidID(id) {
				noted[id] = p.HMGet(ctx, s.tokenKey(id), fieldID, fieldLastUsed)
			}
		}
		return nil
	})
	if err != nil && !redis.HasErrorPrefix(err, "WRONGTYPE") {
		return Unavailable(err)
	}
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for id, reply := range noted {
			if isNews(reply, uses[id]) {
				p.HSet(ctx, s.tokenKey(id), fieldLastUsed, formatTime(uses[id]))
			}
		}
		return nil
	})
	return Unavailable(err)
}

// isNews reports whether a record exists and knows of no use as late as at.
func isNews(reply *redis.SliceCmd, at time.Time) bool {
	fields, err := reply.Result()
	if err != nil || len(fields) != 2 || fields[0] == nil {
		return false
	}
	text, _ := fields[1].(string)
	known, err := parseTime(text)
	return text == "" || err == nil && known.Before(at)
}
