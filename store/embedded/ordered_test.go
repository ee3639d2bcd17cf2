package embedded

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"
)

// orderedReads are all reads that the order answers, on some key.
func orderedReads(t *rapid.T, key string) map[string]func(c redis.Cmdable) redis.Cmder {
	ctx := context.Background()
	bounds := []string{"-inf", "+inf", "inf", "0", "(0", "1.5", "(1.5", "-3", "(-3", "2", "(2"}
	low, high := rapid.SampledFrom(bounds).Draw(t, "low"), rapid.SampledFrom(bounds).Draw(t, "high")
	start, stop := rapid.Int64Range(-8, 8).Draw(t, "start"), rapid.Int64Range(-8, 8).Draw(t, "stop")
	offset, count := rapid.Int64Range(0, 3).Draw(t, "offset"), rapid.Int64Range(1, 4).Draw(t, "count")
	member := rapid.SampledFrom([]string{"a", "b", "0", "1", "", "nx"}).Draw(t, "member")
	return map[string]func(c redis.Cmdable) redis.Cmder{
		"zrange":        func(c redis.Cmdable) redis.Cmder { return c.ZRangeWithScores(ctx, key, start, stop) },
		"zrevrange":     func(c redis.Cmdable) redis.Cmder { return c.ZRevRangeWithScores(ctx, key, start, stop) },
		"zrange, bare":  func(c redis.Cmdable) redis.Cmder { return c.ZRange(ctx, key, start, stop) },
		"zrevrank":      func(c redis.Cmdable) redis.Cmder { return c.ZRevRank(ctx, key, member) },
		"zcount":        func(c redis.Cmdable) redis.Cmder { return c.ZCount(ctx, key, low, high) },
		"zcount, wrong": func(c redis.Cmdable) redis.Cmder { return c.ZCount(ctx, key, "x", high) },
		"by score": func(c redis.Cmdable) redis.Cmder {
			return c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: key, Start: low, Stop: high, ByScore: true, Offset: offset, Count: count})
		},
	}
}

// drawZ draws a write that may change a sorted set.
func drawZ(t *rapid.T, p redis.Pipeliner, key string) {
	ctx := context.Background()
	member := rapid.SampledFrom([]string{"a", "b", "c", "0", "1", "", "nx"}).Draw(t, "member")
	score := rapid.SampledFrom([]float64{-3, 0, 1, 1.5, 2, math.Inf(1), math.Inf(-1)}).Draw(t, "score")
	z := redis.Z{Score: score, Member: member}
	rapid.SampledFrom([]func(){
		func() { p.ZAdd(ctx, key, z, redis.Z{Score: -score, Member: "b"}) },
		func() { p.ZAddNX(ctx, key, z) },
		func() { p.ZAddXX(ctx, key, z) },
		func() { p.ZAddGT(ctx, key, z) },
		func() { p.ZAddLT(ctx, key, z) },
		func() { p.ZRem(ctx, key, member, "a") },
		func() { p.ZRemRangeByScore(ctx, key, "-inf", "(1") },
		func() { p.ZRemRangeByRank(ctx, key, 0, 0) },
		func() { p.Del(ctx, key) },
		func() { p.Set(ctx, key, member, 0) },
		func() { p.HSet(ctx, key, member, "x") },
	}).Draw(t, "write")()
}

func TestTheOrderIsWhatTheServerWouldSay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(t.TempDir(), quiet)
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		client := s.Client()
		defer client.Close()
		for range rapid.IntRange(1, 20).Draw(rt, "batches") {
			key := rapid.SampledFrom([]string{"k", "l"}).Draw(rt, "key")
			p := rapid.SampledFrom([]func() redis.Pipeliner{client.Pipeline, client.TxPipeline}).Draw(rt, "kind")()
			for range rapid.IntRange(1, 4).Draw(rt, "commands") {
				drawZ(rt, p, key)
			}
			_, _ = p.Exec(context.Background()) // what failed must leave no trace
			for name, read := range orderedReads(rt, key) {
				if got, want := read(client).String(), read(s.writer).String(); got != want {
					rt.Fatalf("%s: %s, the server says %s", name, got, want)
				}
			}
		}
	})
}

func TestAnOrderOfManyBlocks(t *testing.T) {
	scores := map[string]float64{}
	for i := range 10 * blockSize {
		scores[strconv.Itoa(i)] = float64(i % 100)
	}
	r := newRanked(scores)
	for i := range 10 * blockSize { // move every other, and take out every third
		member := strconv.Itoa(i)
		s := scored{scores[member], member}
		if i%2 == 0 {
			r.remove(s)
			s.score += 0.5
			scores[member] = s.score
			r.insert(s)
			r.insert(s) // once is enough
		}
		if i%3 == 0 {
			r.remove(s)
			r.remove(s)
			delete(scores, member)
		}
	}
	want := newRanked(scores)
	if r.size != len(scores) || !slices.Equal(slices.Collect(r.from(0)), slices.Collect(want.from(0))) {
		t.Fatalf("%d members, want %d, or another order", r.size, len(scores))
	}
	for rank, s := range slices.Collect(r.from(0)) {
		if got, found := r.rank(s); got != rank || !found {
			t.Fatalf("%v has rank %d, want %d", s, got, rank)
		}
	}
	for _, b := range r.blocks {
		if len(b) == 0 || len(b) > blockSize {
			t.Errorf("a block of %d", len(b))
		}
	}
	for _, s := range slices.Collect(r.from(0)) {
		r.remove(s)
	}
	if r.size != 0 || len(r.blocks) != 0 {
		t.Errorf("%d members are left", r.size)
	}
}

func TestTheOrderOfASetThatIsGoneIsForgotten(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx := t.Context()
	for _, key := range []string{"a", "b"} {
		client.ZAdd(ctx, key, redis.Z{Score: 1, Member: "one"}, redis.Z{Score: 2, Member: "two"})
		client.ZRangeWithScores(ctx, key, 0, -1)
		client.ZRem(ctx, key, "one")
	}
	if len(s.ordered.sets) != 2 {
		t.Fatalf("%d sets have an order", len(s.ordered.sets))
	}
	if err := client.ZRem(ctx, "a", "two").Err(); err != nil {
		t.Fatal(err)
	}
	if len(s.ordered.sets) != 1 {
		t.Errorf("%d sets have an order, and there is one set", len(s.ordered.sets))
	}
}

func TestListsMayBeReadWhileTheyChange(t *testing.T) {
	_, client := start(t, t.TempDir())
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 100 {
				if err := client.ZAdd(t.Context(), "k", redis.Z{Score: float64(i), Member: fmt.Sprint(w, " ", i)}).Err(); err != nil {
					t.Error(err)
				}
				if n, err := client.ZCount(t.Context(), "k", "-inf", "+inf").Result(); err != nil || n < int64(i) {
					t.Errorf("%d members after %d of this writer: %v", n, i, err)
				}
			}
		})
	}
	wg.Wait()
	if list, err := client.ZRevRangeWithScores(t.Context(), "k", 0, -1).Result(); err != nil || len(list) != 400 {
		t.Errorf("%d members: %v", len(list), err)
	}
	if err := client.ZRevRank(t.Context(), "k", "nobody").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("got %v", err)
	}
}
