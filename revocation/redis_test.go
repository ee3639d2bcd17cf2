package revocation

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

func TestRevocationsSurviveAKilledRedisAndRestartedNodes(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	s := redisStore(t, server)
	n := newNode(s)
	n.run(t)
	<-n.follower.Ready()
	must(t, n.Revoke(t.Context(), Entry{ID: "stolen"}))
	must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))

	server.Kill()
	expect(t, n.Mirror, grantFor(users, "fine", 0), nil)
	expect(t, n.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
	if err := n.Revoke(t.Context(), Entry{ID: "later"}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Revoke without a store = %v", err)
	}

	server.Restart(t)
	fresh := newNode(redisStore(t, server))
	fresh.run(t)
	<-fresh.follower.Ready()
	expect(t, fresh.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
	expect(t, fresh.Mirror, grantFor(orders, "old", 0), ErrRotated)

	must(t, fresh.Revoke(t.Context(), Entry{ID: "later"}))
	redistest.Eventually(t, "the old node follows again", func() bool {
		return n.Judge(grantFor(users, "later", 0), time.Now()) == ErrRevoked
	})
	if got := n.Stats(time.Now()); got.Resyncs != 1 {
		t.Errorf("Resyncs = %d: a Redis that lost nothing need not be read again", got.Resyncs)
	}
}

func TestARedisThatHangsStopsNobodyButTheFollower(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	n := newNode(redisStore(t, server))
	n.run(t)
	<-n.follower.Ready()
	must(t, n.Revoke(t.Context(), Entry{ID: "stolen"}))

	server.Hang(t)
	hung := time.Now()
	good := grantFor(orders, "good", 0)
	expect(t, n.Mirror, good, nil)
	expect(t, n.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)
	started := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := n.Revoke(ctx, Entry{ID: "later"}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Revoke with a hanging store = %v", err)
	}
	if waited := time.Since(started); waited > callTimeout {
		t.Errorf("Revoke waited %v for a deadline of 200 ms", waited)
	}
	if err := n.Judge(good, hung.Add(time.Minute+1)); err != ErrStale {
		t.Errorf("a minute later: %v, want %v", err, ErrStale)
	}
	expect(t, n.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)

	server.Signal(t, syscall.SIGCONT)
	n.awaitProof(t, hung)
}

func TestAFlushUnderRunningNodesLosesNothing(t *testing.T) {
	server := startRedis(t)
	s := redisStore(t, server)
	a, b := newNode(s), newNode(s)
	a.run(t)
	b.run(t)
	<-a.follower.Ready()
	<-b.follower.Ready()
	must(t, a.Revoke(t.Context(), Entry{ID: "stolen"}))
	must(t, b.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
	for i := range 5 {
		must(t, s.Redis().FlushAll(t.Context()).Err())
		last := fmt.Sprintf("during%d", i)
		must(t, a.Revoke(t.Context(), Entry{ID: last}))
		redistest.Eventually(t, "a new node knows everything", func() bool {
			fresh := newNode(s)
			_, err := fresh.follower.sync(t.Context())
			return err == nil &&
				fresh.Judge(grantFor(users, "stolen", 0), time.Now()) == ErrRevoked &&
				fresh.Judge(grantFor(users, last, 0), time.Now()) == ErrRevoked &&
				fresh.Judge(grantFor(orders, "old", 0), time.Now()) == ErrRotated
		})
		expect(t, b.Mirror, b.mint(t, orders, "new"), nil)
	}
}

func TestANodeStartsWithoutRedisAndFindsItLater(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	server.Kill()
	n := newNode(redisStore(t, server))
	n.run(t)
	select {
	case <-n.follower.Ready():
		t.Error("ready without a store")
	case <-time.After(100 * time.Millisecond):
	}
	expect(t, n.Mirror, grantFor(orders, "good", 0), ErrNotReady)
	server.Restart(t)
	<-n.follower.Ready()
	expect(t, n.Mirror, grantFor(orders, "good", 0), nil)
}
