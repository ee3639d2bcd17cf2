package store_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// BenchmarkManyTokensOfOneUser shows that what is done to one of them costs the
// same whether the user has a thousand or a hundred thousand.
func BenchmarkManyTokensOfOneUser(b *testing.B) {
	server := redistest.Start(b)
	for _, count := range []int{1_000, 100_000} {
		client := redis.NewClient(&redis.Options{Network: "unix", Addr: server.Address, ContextTimeoutEnabled: true})
		s := store.New(client, strconv.Itoa(count)+":")
		for i := range count {
			r := opaque(fmt.Sprint("token_", i), "alice", "ops")
			r.CreatedAt = now.Add(time.Duration(i) * time.Millisecond)
			if err := s.SaveToken(b.Context(), r, store.Event{Action: "mint", At: now}); err != nil {
				b.Fatal(err)
			}
		}
		alice := store.OfHolder(token.User, "alice")
		middle := opaque(fmt.Sprint("token_", count/2), "alice", "ops")
		middle.CreatedAt = now.Add(time.Duration(count/2) * time.Millisecond)
		for name, call := range map[string]func() error{
			"list the first page": func() error { _, _, err := s.List(b.Context(), alice, store.Page{}); return err },
			"list a page further": func() error { _, _, err := s.List(b.Context(), alice, store.After(&middle, 100)); return err },
			"info":                func() error { _, err := s.Token(b.Context(), middle.ID); return err },
			"revoke": func() error {
				return s.MarkAllRevoked(b.Context(), []store.Record{middle}, now, "ops", "", store.Event{Action: "revoke", At: now})
			},
		} {
			b.Run(fmt.Sprintf("%s of %d", name, count), func(b *testing.B) {
				for b.Loop() {
					if err := call(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
