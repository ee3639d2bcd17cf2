package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logging.Disable()
	if dir := os.Getenv(writerDir); dir != "" {
		writeUntilKilled(dir, os.Getenv(writerRound))
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.DiscardHandler)

// start opens a server that rewrites its file above 2 KiB, and closes it with the test.
func start(t testing.TB, dir string) (*Server, *redis.Client) {
	t.Helper()
	return startAbove(t, dir, 2<<10)
}

// startAbove opens a server that rewrites its file above so many bytes.
func startAbove(t testing.TB, dir string, compactAbove int64) (*Server, *redis.Client) {
	t.Helper()
	s, err := open(dir, quiet, compactAbove)
	if err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	t.Cleanup(func() {
		_ = client.Close()
		_ = s.Close()
	})
	return s, client
}

// reopen closes a server and opens its directory again.
func reopen(t testing.TB, s *Server) (*Server, *redis.Client) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return start(t, s.dir)
}

// state is all that a Redis keeps, in a form that can be compared.
func state(t testing.TB, client *redis.Client) map[string]string {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]string{}
	keys, err := client.Keys(ctx, "*").Result()
	must(err)
	for _, key := range keys {
		kind, err := client.Type(ctx, key).Result()
		must(err)
		var value any
		switch kind {
		case "string":
			value, err = client.Get(ctx, key).Result()
		case "hash":
			value, err = client.HGetAll(ctx, key).Result()
		case "set":
			var members []string
			members, err = client.SMembers(ctx, key).Result()
			value = slices.Sorted(slices.Values(members))
		case "zset":
			value, err = client.ZRangeWithScores(ctx, key, 0, -1).Result()
		case "stream":
			var info *redis.XInfoStream
			info, err = client.XInfoStream(ctx, key).Result()
			must(err)
			var entries []redis.XMessage
			entries, err = client.XRange(ctx, key, "-", "+").Result()
			value = fmt.Sprint(info.LastGeneratedID, entries)
		}
		must(err)
		all[key] = fmt.Sprintf("%s %q", kind, fmt.Sprint(value))
	}
	return all
}

func compare(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			t.Errorf("%s: %q is  %s\nwant %s", what, key, got[key], want[key])
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: %q should not be there: %s", what, key, got[key])
		}
	}
	t.FailNow()
}

func readFile(t testing.TB, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t testing.TB, dir string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, fileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
