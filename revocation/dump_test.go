package revocation

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

// dump is everything a store held at some time.
type dump struct {
	ids                    []redis.Z
	generations, rotations map[string]string
	feed                   []redis.XMessage
	lineage                string
}

func takeDump(t *testing.T, s *store.Store) (d dump) {
	t.Helper()
	l, ctx, client := newLedger(s), t.Context(), s.Redis()
	var err error
	d.ids, err = client.ZRangeWithScores(ctx, l.ids, 0, -1).Result()
	must(t, err)
	d.generations, err = client.HGetAll(ctx, l.generations).Result()
	must(t, err)
	d.rotations, err = client.HGetAll(ctx, l.rotations).Result()
	must(t, err)
	d.feed, err = client.XRange(ctx, l.feed, "-", "+").Result()
	must(t, err)
	d.lineage = client.Get(ctx, l.lineage).Val()
	return d
}

// restore puts the dump in the place of all that the store holds.
func (d dump) restore(t *testing.T, s *store.Store) {
	t.Helper()
	wipe(t, s)
	l, ctx := newLedger(s), t.Context()
	_, err := s.Redis().TxPipelined(ctx, func(p redis.Pipeliner) error {
		if len(d.ids) > 0 {
			p.ZAdd(ctx, l.ids, d.ids...)
		}
		for key, fields := range map[string]map[string]string{l.generations: d.generations, l.rotations: d.rotations} {
			for field, value := range fields {
				p.HSet(ctx, key, field, value)
			}
		}
		for _, message := range d.feed {
			p.XAdd(ctx, &redis.XAddArgs{Stream: l.feed, ID: message.ID, Values: message.Values})
		}
		if d.lineage != "" {
			p.Set(ctx, l.lineage, d.lineage, 0)
		}
		return nil
	})
	must(t, err)
}
