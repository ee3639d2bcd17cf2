package embedded

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/store/redistest"
)

// drawCommand draws one of the commands that the store takes; many fail, because
// the key has another type.
func drawCommand(t *rapid.T, p redis.Pipeliner) {
	ctx := context.Background()
	key := rapid.SampledFrom([]string{"a", "b", "c", "{d}:é", "e f\r\n*1"}).Draw(t, "key")
	member := rapid.SampledFrom([]string{"x", "y", "", "\x00\xff", "$3\r\nz"}).Draw(t, "member")
	score := rapid.Float64Range(-1e18, 1e18).Draw(t, "score") + 0 // Redis and miniredis write -0 differently
	n := rapid.Int64Range(-5, 5).Draw(t, "n")
	commands := []func(){
		func() { p.Set(ctx, key, member, 0) },
		func() { p.SetNX(ctx, key, member, 0) },
		func() { p.Del(ctx, key) },
		func() { p.IncrBy(ctx, key, n) },
		func() { p.HSet(ctx, key, member, n, "f", member) },
		func() { p.HSetNX(ctx, key, member, n) },
		func() { p.HDel(ctx, key, member) },
		func() { p.HIncrBy(ctx, key, "n", n) },
		func() { p.SAdd(ctx, key, member, n) },
		func() { p.SRem(ctx, key, member) },
		func() { p.ZAdd(ctx, key, redis.Z{Score: score, Member: member}, redis.Z{Score: float64(n), Member: n}) },
		func() { p.ZAddGT(ctx, key, redis.Z{Score: score, Member: member}) },
		func() { p.ZRem(ctx, key, member) },
		func() { p.ZRemRangeByScore(ctx, key, "-inf", "(3") },
		func() { p.XAdd(ctx, &redis.XAddArgs{Stream: key, MaxLen: 3, Approx: true, Values: []any{"f", member}}) },
		func() { p.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []any{member, n}}) },
		func() { p.XTrimMaxLenApprox(ctx, key, max(0, n), 0) },
		func() { p.HGetAll(ctx, key) },
	}
	rapid.SampledFrom(commands).Draw(t, "command")()
}

func TestTheFileIsTheState(t *testing.T) {
	real := redistest.Start(t)
	realClient := redis.NewClient(&redis.Options{Network: "unix", Addr: real.Address, Protocol: 2})
	defer realClient.Close()

	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "embedded")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s, err := Open(dir, quiet)
		if err != nil {
			rt.Fatal(err)
		}
		client := s.Client()
		batch := func() {
			p := rapid.SampledFrom([]func() redis.Pipeliner{client.Pipeline, client.TxPipeline}).Draw(rt, "kind")()
			for range rapid.IntRange(1, 4).Draw(rt, "commands") {
				drawCommand(rt, p)
			}
			_, _ = p.Exec(context.Background()) // what failed must leave no trace
		}
		batchAtStep := func(step) error {
			if s.free() && rapid.Bool().Draw(rt, "batch while rewriting") {
				batch()
			}
			return nil
		}
		for range rapid.IntRange(1, 15).Draw(rt, "batches") {
			batch()
			if rapid.IntRange(0, 7).Draw(rt, "rewrite") == 0 {
				watch(s, batchAtStep)
				if err := s.compact(context.Background()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		want := state(t, s.writer)
		_ = client.Close()
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}

		intoReal := func() map[string]string {
			if err := realClient.FlushAll(context.Background()).Err(); err != nil {
				rt.Fatal(err)
			}
			if out := real.CLI(t, bytes.NewReader(readFile(t, dir)), "--pipe"); !strings.Contains(out, "errors: 0") {
				rt.Fatalf("redis-cli --pipe: %s", out)
			}
			return state(t, realClient)
		}
		compare(t, "a real Redis", intoReal(), want)
		s, err = Open(dir, quiet)
		if err != nil {
			rt.Fatal(err)
		}
		compare(t, "reopened", state(t, s.writer), want)
		if err := s.compact(context.Background()); err != nil {
			rt.Fatal(err)
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
		compare(t, "a real Redis from the rewritten file", intoReal(), want)
		if s, err = Open(dir, quiet); err != nil {
			rt.Fatal(err)
		}
		compare(t, "rewritten and reopened", state(t, s.writer), want)
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}
