package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrUnavailable is in the chain of every error that means "the store did not
// answer as it should": the caller knows nothing and must not guess.
var ErrUnavailable = errors.New("token store unavailable")

// ErrNotFound is in the chain when the store answered, and has no such record.
var ErrNotFound = errors.New("not in the token store")

// ErrMalformed is in the chain when the store answered with something that we
// never wrote. The error names the record.
var ErrMalformed = errors.New("malformed record in the token store")

// DefaultPrefix stands before the name of every key.
const DefaultPrefix = "sekisho:"

// callTimeout bounds one method, with all the commands it sends.
const callTimeout = 5 * time.Second

// Store is a Redis with our keys in it.
type Store struct {
	redis       redis.UniversalClient
	prefix      string
	auditLength int64 // about how many audit events are kept
	malformed   atomic.Uint64
}

// New wraps a Redis client, which [Store.Close] closes; prefix stands before
// every key, [DefaultPrefix] by default.
func New(client redis.UniversalClient, prefix string) *Store {
	return &Store{redis: client, prefix: prefix, auditLength: defaultAuditLength}
}

// Redis is the client, for rooms that keep structures of their own in the store.
func (s *Store) Redis() redis.UniversalClient { return s.redis }

// Key is the name of a key: the prefix and name.
func (s *Store) Key(name string) string { return s.prefix + name }

// Close closes the client. A second call does nothing.
func (s *Store) Close() error {
	if err := s.redis.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("closing the token store: %w", err)
	}
	return nil
}

// Malformed counts what lists have left out because it could not be read.
func (s *Store) Malformed() uint64 { return s.malformed.Load() }

// Unavailable marks err, unless nil, as a failure of the store.
func Unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// bounded gives ctx a deadline, or leaves it the earlier one it has.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callTimeout)
}
