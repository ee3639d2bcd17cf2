package embedded

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestASecondServerInTheSameDirectoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir)
	if _, err := Open(dir, quiet); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
	reopen(t, s)
}

func TestCloseMayBeCalledTwiceAndStopsWrites(t *testing.T) {
	s, client := start(t, t.TempDir())
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := client.Set(t.Context(), "a", "b", 0).Err(); !errors.Is(err, ErrClosed) {
		t.Errorf("a write after Close: %v", err)
	}
	if err := client.Get(t.Context(), "a").Err(); !errors.Is(err, ErrClosed) {
		t.Errorf("a read after Close: %v", err)
	}
}

func TestCommandsThatCouldReplayOtherwiseAreRefused(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx := t.Context()
	if err := client.SAdd(ctx, "set", "a", "b").Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.ZAdd(ctx, "z", redis.Z{Score: 1, Member: "a"}).Err(); err != nil {
		t.Fatal(err)
	}
	before, size := state(t, s.writer), len(readFile(t, s.dir))
	pipelined := func(fn func(p redis.Pipeliner)) error {
		_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error { fn(p); return nil })
		return err
	}
	for name, err := range map[string]error{
		"a script":              client.Eval(ctx, "return redis.call('set','x','y')", nil).Err(),
		"a script by digest":    client.EvalSha(ctx, "abc", nil).Err(),
		"SCRIPT LOAD":           client.ScriptLoad(ctx, "return 1").Err(),
		"a TTL":                 client.Expire(ctx, "set", time.Hour).Err(),
		"SET with a TTL":        client.Set(ctx, "a", "b", time.Hour).Err(),
		"SET with KEEPTTL":      client.Set(ctx, "a", "b", redis.KeepTTL).Err(),
		"SET with GET":          client.SetArgs(ctx, "a", "b", redis.SetArgs{Get: true}).Err(),
		"a random element":      client.SPop(ctx, "set").Err(),
		"sums of fractions":     client.IncrByFloat(ctx, "a", 0.1).Err(),
		"sums of scores":        client.ZAddArgsIncr(ctx, "z", redis.ZAddArgs{Members: []redis.Z{{Score: 1, Member: "a"}}}).Err(),
		"a list":                client.LPush(ctx, "list", "a").Err(),
		"an explicit stream id": client.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: "5-1", Values: []string{"a", "b"}}).Err(),
		"half of a stream id":   client.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: "5-*", Values: []string{"a", "b"}}).Err(),
		"XADD by Do":            client.Do(ctx, "xadd", "s", "*", "a", "b").Err(),
		"a consumer group":      client.XGroupCreateMkStream(ctx, "s", "g", "0").Err(),
		"WATCH":                 client.Watch(ctx, func(*redis.Tx) error { return nil }, "set"),
		"MULTI by hand":         client.Do(ctx, "MULTI").Err(),
		"another database":      client.Do(ctx, "SELECT", "1").Err(),
		"SWAPDB":                client.Do(ctx, "SWAPDB", "0", "1").Err(),
		"FLUSHALL":              client.FlushAll(ctx).Err(),
		"KEYS":                  client.Keys(ctx, "*").Err(),
		"RENAME":                client.Rename(ctx, "set", "other").Err(),
		"COPY":                  client.Copy(ctx, "set", "other", 0, false).Err(),
		"RESTORE":               client.Restore(ctx, "x", 0, "y").Err(),
		"PFADD":                 client.PFAdd(ctx, "hll", "a").Err(),
		"an unknown command":    client.Do(ctx, "FROBNICATE").Err(),
		"upper case":            client.Do(ctx, "SPOP", "set").Err(),
		"one bad in a pipeline": pipelined(func(p redis.Pipeliner) { p.Set(ctx, "a", "b", 0); p.SPop(ctx, "set") }),
		"blocking with a write": pipelined(func(p redis.Pipeliner) {
			p.Set(ctx, "a", "b", 0)
			p.XRead(ctx, &redis.XReadArgs{Streams: []string{"s", "0"}, Block: time.Hour})
		}),
	} {
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	compare(t, "after the refusals", state(t, s.writer), before)
	if grown := len(readFile(t, s.dir)) - size; grown != 0 {
		t.Errorf("the file has grown by %d bytes", grown)
	}
}

func TestABlockingReadWaitsAndHoldsUpNobody(t *testing.T) {
	_, client := start(t, t.TempDir())
	ctx := t.Context()
	const readers = 20
	got := make(chan string, readers)
	for range readers {
		go func() {
			streams, err := client.XRead(ctx, &redis.XReadArgs{Streams: []string{"s", "0"}, Block: time.Minute}).Result()
			if err != nil {
				got <- err.Error()
				return
			}
			got <- fmt.Sprint(streams[0].Messages[0].Values)
		}()
	}
	for i := range 10 {
		if err := client.HSet(ctx, "h", i, i).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.XAdd(ctx, &redis.XAddArgs{Stream: "s", Values: []string{"k", "v"}}).Err(); err != nil {
		t.Fatal(err)
	}
	for range readers {
		if text := <-got; text != "map[k:v]" {
			t.Errorf("got %s", text)
		}
	}
}

func TestABlockingReadEndsWithItsDeadlineAndWithTheServer(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := client.XRead(ctx, &redis.XReadArgs{Streams: []string{"s", "0"}, Block: time.Hour}).Err(); err == nil {
		t.Error("the read came back without an error")
	}
	if err := client.XRead(t.Context(), &redis.XReadArgs{Streams: []string{"s", "0"}, Block: time.Millisecond}).Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("nothing to read: %v", err)
	}
	ended := make(chan error)
	go func() {
		ended <- client.XRead(t.Context(), &redis.XReadArgs{Streams: []string{"s", "0"}, Block: time.Hour}).Err()
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil || errors.Is(err, redis.Nil) {
		t.Errorf("a read that the server left: %v", err)
	}
}

func TestALongPipelineDoesNotLockUp(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx := t.Context()
	const n = 5000
	filler := strings.Repeat("x", 200)
	if _, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range n {
			p.HSet(ctx, "h", i, filler)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for range 20 {
			p.HGetAll(ctx, "h")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	_, client = reopen(t, s)
	if got := client.HLen(ctx, "h").Val(); got != n {
		t.Errorf("%d fields", got)
	}
}

func TestManyWritersAtOnceLoseNothing(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx := t.Context()
	const writers, rounds = 8, 50
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
					p.HIncrBy(ctx, "counters", "all", 1)
					p.XAdd(ctx, &redis.XAddArgs{Stream: "feed", Values: []any{"w", w, "i", i}})
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				client.HGetAll(ctx, "counters")
			}
		})
	}
	wg.Wait()
	want := state(t, s.writer)
	s, client = reopen(t, s)
	compare(t, "reopened", state(t, s.writer), want)
	if n := client.HGet(ctx, "counters", "all").Val(); n != fmt.Sprint(writers*rounds) {
		t.Errorf("counted %s", n)
	}
}

func TestATransactionWithARefusedCommandReplaysAsItRan(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx := t.Context()
	_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "a", "1", 0)
		p.HSet(ctx, "a", "f", "v") // a is no hash
		p.Set(ctx, "b", "2", 0)
		return nil
	})
	if !redis.HasErrorPrefix(err, "WRONGTYPE") {
		t.Errorf("got %v", err)
	}
	want := state(t, s.writer)
	s, _ = reopen(t, s)
	compare(t, "reopened", state(t, s.writer), want)
}

func TestATransactionThatIsAbortedLeavesNoTrace(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx := t.Context()
	_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "a", "1", 0)
		p.Do(ctx, "hset", "too few")
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
	if size := len(readFile(t, s.dir)); size != 0 {
		t.Errorf("the file has %d bytes", size)
	}
	s, _ = reopen(t, s)
	compare(t, "reopened", state(t, s.writer), map[string]string{})
}

func TestStreamIDsStayAboveThoseOfDeletedEntries(t *testing.T) {
	s, client := start(t, t.TempDir())
	ctx := t.Context()
	add := func(c *redis.Client) string {
		t.Helper()
		id, err := c.XAdd(ctx, &redis.XAddArgs{Stream: "s", MaxLen: 1, Values: []string{"a", "b"}}).Result()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	s.redis.SetTime(time.Now().Add(time.Hour)) // ids run ahead of the clock
	id := add(client)
	if err := client.XDel(ctx, "s", id).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.compact(ctx); err != nil {
		t.Fatal(err)
	}
	_, client = reopen(t, s)
	if next := add(client); next <= id {
		t.Errorf("%s comes after %s", next, id)
	}
}

// outer notes the names and errors of commands.
type outer struct {
	gate
	seen []string
}

func (o *outer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		o.seen = append(o.seen, fmt.Sprint(cmd.Name(), " ", err != nil))
		return err
	}
}

func (o *outer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestAnOuterHookSeesWritesAndRefusals(t *testing.T) {
	s, _ := start(t, t.TempDir())
	hook := &outer{}
	client := s.Client(hook)
	defer client.Close()
	client.Set(t.Context(), "a", "b", 0)
	client.SPop(t.Context(), "a")
	if got := strings.Join(hook.seen, ", "); got != "set false, spop true" {
		t.Errorf("saw %s", got)
	}
}
