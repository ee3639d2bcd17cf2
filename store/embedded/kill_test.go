package embedded

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store/redistest"
)

// With these set, the test binary is a writer that its parent kills.
const (
	writerDir   = "SEKISHO_TEST_WRITER_DIR"
	writerRound = "SEKISHO_TEST_WRITER_ROUND"
	writerStep  = "SEKISHO_TEST_WRITER_STEP" // of a rewrite, where it stays
)

const held = "(held)"

// writeUntilKilled writes with several goroutines at once, and prints the name of
// each write when it was acknowledged.
func writeUntilKilled(dir, round string) {
	s, err := open(dir, quiet, 64<<10)
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	if name := os.Getenv(writerStep); name != "" {
		watch(s, func(at step) error {
			if at.name == name {
				_, _ = os.Stdout.WriteString(held + "\n")
				select {}
			}
			return nil
		})
	}
	client := s.Client()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%s-%d-%d", round, worker, i)
				if err := writeOne(client, name, i); err != nil {
					fmt.Println("!", err)
					os.Exit(1)
				}
				_, _ = os.Stdout.WriteString(name + "\n") // one write(2): whole or not at all
			}
		})
	}
	wg.Wait()
}

func writeOne(client *redis.Client, name string, i int) error {
	ctx := context.Background()
	pipelined := client.Pipelined
	if i%2 == 0 {
		pipelined = client.TxPipelined
	}
	_, err := pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, "token:"+name, "name", name, "filler", strings.Repeat("x", i%300))
		p.ZAdd(ctx, "index", redis.Z{Score: float64(i), Member: name})
		p.XAdd(ctx, &redis.XAddArgs{Stream: "feed", MaxLen: 100, Approx: true, Values: []string{"name", name}})
		p.HIncrBy(ctx, "counters", "writes", 1)
		return nil
	})
	return err
}

func TestWhatWasAcknowledgedSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	var acknowledged []string
	for round := range 6 {
		acknowledged = append(acknowledged, runAndKill(t, dir, fmt.Sprint(round), "", rand.IntN(400))...)
		s, client := start(t, dir)
		checkAll(t, client, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d writes were acknowledged", len(acknowledged))

	s, _ := start(t, dir)
	want := state(t, s.writer)
	real := redistest.Start(t)
	if out := real.CLI(t, bytes.NewReader(readFile(t, dir)), "--pipe"); !strings.Contains(out, "errors: 0") {
		t.Fatalf("redis-cli --pipe: %s", out)
	}
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: real.Address, Protocol: 2})
	defer client.Close()
	compare(t, "a real Redis", state(t, client), want)
}

func TestWhatWasAcknowledgedSurvivesKillAtAnyStepOfARewrite(t *testing.T) {
	for _, step := range []string{"open", "create", "read", "write", "sync", "rename", "sync directory"} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			acknowledged := runAndKill(t, dir, "0", step, math.MaxInt)
			s, client := startAbove(t, dir, defaultCompactAbove)
			checkAll(t, client, acknowledged)
			if err := temporaryFile(s); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the temporary file: %v", err)
			}
		})
	}
}

// runAndKill kills a writer after it acknowledged more than n writes, or has come
// to a step of a rewrite, and returns all that it did.
func runAndKill(t *testing.T, dir, round, step string, n int) (acknowledged []string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), writerDir+"="+dir, writerRound+"="+round, writerStep+"="+step)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "!") {
			t.Errorf("writer: %s", lines.Text())
		}
		if lines.Text() != held {
			acknowledged = append(acknowledged, lines.Text())
		}
		if lines.Text() == held || len(acknowledged)-1 == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	return acknowledged
}

func checkAll(t *testing.T, client *redis.Client, names []string) {
	t.Helper()
	for _, name := range names {
		got, err := client.HGet(t.Context(), "token:"+name, "name").Result()
		if err != nil || got != name {
			t.Fatalf("acknowledged write %s is lost: %q, %v", name, got, err)
		}
		if err := client.ZScore(t.Context(), "index", name).Err(); err != nil {
			t.Fatalf("half of acknowledged write %s is lost: %v", name, err)
		}
	}
	total, err := client.HGet(t.Context(), "counters", "writes").Int()
	if err != nil || total < len(names) {
		t.Fatalf("%d writes were counted and %d acknowledged (%v)", total, len(names), err)
	}
}
