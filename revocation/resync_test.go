package revocation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// filledStore is a Redis that holds n revoked ids.
func filledStore(b *testing.B, n int) *store.Store {
	server := redistest.Start(b, "--save", "")
	client := redis.NewClient(options(redis.Options{Network: "unix", Addr: server.Address}))
	b.Cleanup(func() { _ = client.Close() })
	s := store.New(client, store.DefaultPrefix)
	fill(b, s, n)
	return s
}

// BenchmarkResync starts a node on a Redis that holds many ids.
func BenchmarkResync(b *testing.B) {
	for _, n := range benchmarkSizes {
		b.Run(fmt.Sprintf("ids=%d", n), func(b *testing.B) {
			s := filledStore(b, n)
			for b.Loop() {
				node := newNode(s)
				if err := node.follower.resync(b.Context()); err != nil {
					b.Fatal(err)
				}
				if got := node.revoked.len(); got != n {
					b.Fatalf("%d ids, want %d", got, n)
				}
			}
		})
	}
}

// BenchmarkRevokeWhileResyncing revokes on one node, again and again, while another
// reads everything, and reports how long after the call the other refuses.
func BenchmarkRevokeWhileResyncing(b *testing.B) {
	for _, n := range benchmarkSizes {
		b.Run(fmt.Sprintf("ids=%d", n), func(b *testing.B) {
			s := filledStore(b, n)
			var delays []float64
			for b.Loop() {
				delays = append(delays, delaysWhileResyncing(b, newNode(s), newNode(s))...)
			}
			if len(delays) == 0 {
				return
			}
			slices.Sort(delays)
			b.ReportMetric(delays[len(delays)*99/100], "p99-ms")
			b.ReportMetric(delays[len(delays)-1], "max-ms")
		})
	}
}

func delaysWhileResyncing(b *testing.B, reading, revoking *node) (delays []float64) {
	done := make(chan error, 1)
	go func() { done <- reading.follower.resync(b.Context()) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		id, began := token.NewID(), time.Now()
		if err := revoking.Revoke(b.Context(), Entry{ID: id}); err != nil {
			b.Fatal(err)
		}
		for !reading.revoked.has(id) {
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				return delays
			case <-tick.C:
			}
		}
		delays = append(delays, float64(time.Since(began))/float64(time.Millisecond))
	}
}

func fill(b *testing.B, s *store.Store, n int) {
	b.Helper()
	key, now := newLedger(s).ids, time.Now().Unix()
	for n > 0 {
		members := make([]redis.Z, min(n, 10_000))
		for i := range members {
			members[i] = redis.Z{Member: token.NewID(), Score: float64(now + int64(n-i))}
		}
		if err := s.Redis().ZAdd(b.Context(), key, members...).Err(); err != nil {
			b.Fatal(err)
		}
		n -= len(members)
	}
}

// BenchmarkCopy writes and reads the durable copy of a mirror.
func BenchmarkCopy(b *testing.B) {
	for _, n := range benchmarkSizes {
		m := NewMirror(time.Minute)
		m.revoked, _ = drawnIDs(n)
		path := b.TempDir() + "/copy"
		if _, err := writeCopy(path, m, "store", time.Now()); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("write/ids=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := writeCopy(path, m, "store", time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("read/ids=%d", n), func(b *testing.B) {
			for b.Loop() {
				s := snapshot{revoked: newIDSet()}
				if _, _, err := readCopy(path, &s); err != nil || s.revoked.len() != n {
					b.Fatal(s.revoked.len(), err)
				}
			}
		})
	}
}
