package revocation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// generationBits keeps numbers so low that adding to one never overflows the
// signed counters of Redis.
const generationBits = 62

func parseGeneration(text string) (uint64, error) {
	return strconv.ParseUint(text, 10, generationBits)
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
	generation, err := parseGeneration(value)
	return generation, store.Unavailable(err)
}

// advance adds to counters and returns what they then are: no two callers get the
// same number.
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
		if reply.Val() < 0 || reply.Val()>>generationBits != 0 {
			return nil, store.Unavailable(fmt.Errorf("the generation of %s is out of bounds", s))
		}
		generations[s] = uint64(reply.Val())
	}
	return generations, nil
}

// raise lifts counters to numbers that they should not be below, and returns what
// they then are. It lowers none. A counter that was lost is set, so that nodes which
// put it back at once do not add up; one that went back in time is added to.
func (l *ledger) raise(ctx context.Context, to map[token.Subject]uint64) (map[token.Subject]uint64, error) {
	generations, err := l.setLost(ctx, to)
	if err != nil {
		return nil, err
	}
	low := map[token.Subject]uint64{}
	for s, generation := range generations {
		if generation < to[s] {
			low[s] = to[s] - generation
		}
	}
	raised, err := l.advance(ctx, low)
	maps.Copy(generations, raised)
	return generations, err
}

// setLost sets the counters that there are not, and reads all of them.
func (l *ledger) setLost(ctx context.Context, to map[token.Subject]uint64) (map[token.Subject]uint64, error) {
	generations := make(map[token.Subject]uint64, len(to))
	if len(to) == 0 {
		return generations, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	replies := make(map[token.Subject]*redis.StringCmd, len(to))
	_, err := l.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for s, generation := range to {
			p.HSetNX(ctx, l.generations, s.String(), generation)
			replies[s] = p.HGet(ctx, l.generations, s.String())
		}
		return nil
	})
	if err != nil {
		return nil, store.Unavailable(err)
	}
	for s, reply := range replies {
		if generations[s], err = parseGeneration(reply.Val()); err != nil {
			return nil, store.Unavailable(err)
		}
	}
	return generations, nil
}
