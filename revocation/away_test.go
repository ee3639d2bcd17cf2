package revocation

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

// addEntry puts an entry of a chosen id into the feed, as a Redis does whose clock
// stands at that id.
func addEntry(t *testing.T, l ledger, id, revoked string) {
	t.Helper()
	data, err := event{at: 1, revoked: map[string]int64{revoked: 0}}.encode()
	must(t, err)
	must(t, l.redis.ZAdd(t.Context(), l.ids, redis.Z{Member: revoked, Score: members(map[string]int64{"": 0})[0].Score}).Err())
	must(t, l.redis.XAdd(t.Context(), &redis.XAddArgs{Stream: l.feed, ID: id, Values: []any{"event", data}}).Err())
}

func TestANodeThatComesBackMissesNothing(t *testing.T) {
	tests := map[string]func(t *testing.T, l ledger, at position){
		"after the feed was trimmed past its position": func(t *testing.T, l ledger, _ position) {
			must(t, newNode(storeOf(l)).Revoke(t.Context(), Entry{ID: "stolen"}))
			must(t, newNode(storeOf(l)).Revoke(t.Context(), Entry{ID: "last"}))
			must(t, l.redis.XTrimMaxLen(t.Context(), l.feed, 1).Err())
		},
		"to a feed that was deleted": func(t *testing.T, l ledger, _ position) {
			must(t, newNode(storeOf(l)).Revoke(t.Context(), Entry{ID: "stolen"}))
			must(t, l.redis.Del(t.Context(), l.feed).Err())
		},
		"to an empty feed of the same name": func(t *testing.T, l ledger, _ position) {
			must(t, newNode(storeOf(l)).Revoke(t.Context(), Entry{ID: "stolen"}))
			must(t, l.redis.XTrimMaxLen(t.Context(), l.feed, 0).Err())
		},
		"to a Redis whose clock went back": func(t *testing.T, l ledger, _ position) {
			must(t, l.redis.Del(t.Context(), l.feed).Err())
			addEntry(t, l, "1-1", "stolen")
		},
		"to another entry under the id of its position": func(t *testing.T, l ledger, at position) {
			must(t, l.redis.Del(t.Context(), l.feed).Err())
			addEntry(t, l, at.String(), "stolen")
		},
		"to the feed of another lineage": func(t *testing.T, l ledger, at position) {
			must(t, l.redis.Del(t.Context(), l.feed).Err())
			must(t, l.redis.Set(t.Context(), l.lineage, "another", 0).Err())
			addEntry(t, l, at.String(), "stolen")
		},
	}
	for backend, open := range backends {
		if backend == "embedded" {
			continue // its feed never loses an entry but by trimming, and takes no ids
		}
		s := open(t)
		for name, happens := range tests {
			t.Run(backend+"/"+name, func(t *testing.T) {
				wipe(t, s)
				n := newNode(s)
				must(t, n.Revoke(t.Context(), Entry{ID: "early"}))
				n.sync(t)
				happens(t, n.Registry.ledger, n.follower.position)
				if gap := n.sync(t); !errors.Is(gap, errGap) {
					t.Errorf("gap = %v", gap)
				}
				expect(t, n.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)
				expect(t, n.Mirror, grantFor(orders, "early", 0), ErrRevoked)
				if got := n.Stats(time.Now()).Resyncs; got != 2 {
					t.Errorf("Resyncs = %d", got)
				}
				must(t, newNode(s).Revoke(t.Context(), Entry{ID: "later"}))
				if gap := n.sync(t); gap != nil {
					t.Errorf("then gap = %v", gap)
				}
				expect(t, n.Mirror, grantFor(orders, "later", 0), ErrRevoked)
			})
		}
	}
}

func TestAnOwnEntryIsMissedAlsoWhenAnotherHasItsID(t *testing.T) {
	n := newNode(redisStore(t, startRedis(t)))
	n.sync(t)
	l := n.Registry.ledger
	must(t, n.Revoke(t.Context(), Entry{ID: "stolen"}))
	newest, err := l.redis.XRevRangeN(t.Context(), l.feed, "+", "-", 1).Result()
	must(t, err)
	must(t, l.redis.Del(t.Context(), l.feed, l.ids).Err())
	at := n.follower.position
	must(t, l.redis.XAdd(t.Context(), &redis.XAddArgs{Stream: l.feed, ID: at.String(), Values: []any{"event", at.text}}).Err())
	addEntry(t, l, newest[0].ID, "other")
	if gap := n.sync(t); !errors.Is(gap, errGap) {
		t.Errorf("gap = %v", gap)
	}
	fresh := newNode(storeOf(l))
	fresh.sync(t)
	expect(t, fresh.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)
}

func TestAFeedGoesOnUnderAClockThatWentBack(t *testing.T) {
	n := newNode(redisStore(t, startRedis(t)))
	n.sync(t)
	l := n.Registry.ledger
	must(t, l.redis.Del(t.Context(), l.feed).Err())
	addEntry(t, l, "1-1", "first")
	n.sync(t)
	addEntry(t, l, "1-2", "second")
	if gap := n.sync(t); gap != nil {
		t.Errorf("gap = %v", gap)
	}
	expect(t, n.Mirror, grantFor(orders, "second", 0), ErrRevoked)
}

func storeOf(l ledger) *store.Store { return store.New(l.redis, store.DefaultPrefix) }
