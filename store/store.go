package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// ErrUnavailable is in the chain of every error that means "the store did not
// answer as it should": the caller knows nothing and must not guess.
var ErrUnavailable = errors.New("token store unavailable")

// ErrNotFound is in the chain when the store answered, and has no such record.
var ErrNotFound = errors.New("not in the token store")

// Store is a Redis with our keys in it.
type Store struct {
	redis  redis.UniversalClient
	prefix string
}

// New wraps a Redis client; prefix stands before every key, "sekisho:" by default.
func New(client redis.UniversalClient, prefix string) *Store {
	return &Store{redis: client, prefix: prefix}
}

// Redis is the client, for rooms that keep structures of their own in the store.
func (s *Store) Redis() redis.UniversalClient { return s.redis }

// Key is the name of a key: the prefix and name.
func (s *Store) Key(name string) string { return s.prefix + name }

// Ping asks for an answer; no answer is [ErrUnavailable].
func (s *Store) Ping(ctx context.Context) error {
	return Unavailable(s.redis.Ping(ctx).Err())
}

// Unavailable marks err, unless nil, as a failure of the store.
func Unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
