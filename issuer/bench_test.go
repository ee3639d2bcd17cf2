package issuer_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/embedded"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// backends are what tokens may be kept in.
var backends = map[string]func(b *testing.B) redis.UniversalClient{
	"redis": func(b *testing.B) redis.UniversalClient {
		return redis.NewClient(&redis.Options{Network: "unix", Addr: redistest.Start(b).Address, ContextTimeoutEnabled: true})
	},
	"embedded": func(b *testing.B) redis.UniversalClient {
		server, err := embedded.Open(b.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = server.Close() })
		return server.Client()
	},
}

const writers = 16 // at a time: the embedded store syncs the disk once for all of them

// fill makes a user with so many tokens and gives their ids, oldest first.
func fill(b *testing.B, s *store.Store, count int) (ids []string) {
	b.Helper()
	began := time.Now().Add(-time.Hour)
	var wg sync.WaitGroup
	work := make(chan int)
	for range writers {
		wg.Go(func() {
			for i := range work {
				r := store.Record{
					ID: fmt.Sprint("token_", i), Family: token.User, Holder: "alice", Scopes: []string{"read"}, Access: token.FullAccess,
					CreatedAt: began.Add(time.Duration(i) * time.Millisecond), CreatedBy: "ops", ExpiresAt: began.Add(24 * time.Hour),
					Digest: sha256.Sum256([]byte(strconv.Itoa(i))),
				}
				for err := store.ErrUnavailable; errors.Is(err, store.ErrUnavailable); { // it may rewrite its file for long
					err = s.SaveToken(b.Context(), r, store.Event{Action: "mint", At: began})
				}
			}
		})
	}
	for i := range count {
		ids = append(ids, fmt.Sprint("token_", i))
		work <- i
	}
	close(work)
	wg.Wait()
	return ids
}

// ofAUser runs a call for users with few and with many tokens, in every backend.
// What it costs should not grow with them.
func ofAUser(b *testing.B, call func(ctx context.Context, s *issuer.Service, by issuer.Caller, id string) error) {
	for _, backend := range []string{"redis", "embedded"} {
		for _, count := range []int{1_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", backend, count), func(b *testing.B) {
				client := backends[backend](b)
				s := store.New(client, "sekisho:")
				b.Cleanup(func() { _ = s.Close() })
				w := issuertest.New(b, func(o *issuer.Options) {
					o.Mirror = revocation.NewMirror(time.Hour)
					o.Store, o.Revocations, o.Log, o.Now = s, revocation.NewRegistry(s, o.Mirror.(*revocation.Mirror)), slog.New(slog.DiscardHandler), time.Now
				})
				ids := fill(b, s, count)
				by := w.As(b, issuertest.OpsSecret)
				once := func(i int) {
					if err := call(b.Context(), w.Service, by, ids[i*7919%len(ids)]); err != nil {
						b.Fatal(err)
					}
				}
				once(0) // the embedded store puts a list in order when it is first read
				for i := 0; b.Loop(); i++ {
					once(i)
				}
			})
		}
	}
}

func BenchmarkListOfAUser(b *testing.B) {
	alice := issuer.Selection{Family: token.User, Holder: "alice", Good: true}
	ofAUser(b, func(ctx context.Context, s *issuer.Service, by issuer.Caller, _ string) error {
		page, _, err := s.ListOpaque(ctx, by, alice, store.Page{})
		if err == nil && len(page) != store.DefaultPage {
			err = fmt.Errorf("a page of %d", len(page))
		}
		return err
	})
}

func BenchmarkInfoOfAToken(b *testing.B) {
	ofAUser(b, func(ctx context.Context, s *issuer.Service, by issuer.Caller, id string) error {
		_, err := s.Opaque(ctx, by, token.User, id)
		return err
	})
}

func BenchmarkRevokeOfAToken(b *testing.B) {
	ofAUser(b, func(ctx context.Context, s *issuer.Service, by issuer.Caller, id string) error {
		_, err := s.RevokeOpaque(ctx, by, token.User, []string{id}, "")
		return err
	})
}
