package revocation

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	must(t, errors.Join(err, listener.Close()))
	return port
}

func TestARevocationThatTooFewReplicasHaveIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	server := redistest.Start(t, "--port", port, "--repl-diskless-sync-delay", "0")
	s := redisStore(t, server)
	n := newNode(s)
	n.WaitReplicas, n.WaitTimeout = 1, 50*time.Millisecond

	n.sync(t)
	err := n.Revoke(t.Context(), Entry{ID: "stolen"})
	if !errors.Is(err, ErrNotReplicated) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Revoke without a replica = %v", err)
	}
	other := newNode(s)
	other.sync(t)
	for _, m := range []*Mirror{n.Mirror, other.Mirror} {
		expect(t, m, grantFor(orders, "stolen", 0), ErrRevoked) // in force all the same
	}

	redistest.Start(t, "--replicaof", "127.0.0.1 "+port)
	n.WaitTimeout = time.Second
	redistest.Eventually(t, "acknowledged by the replica", func() bool {
		return n.Revoke(t.Context(), Entry{ID: "stolen"}) == nil
	})
	must(t, n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
}

func TestAChangeIsInForceWhileReplicasAreWaitedFor(t *testing.T) {
	t.Parallel()
	n := newNode(redisStore(t, startRedis(t)))
	n.WaitReplicas, n.WaitTimeout = 1, time.Millisecond
	asked := false
	n.Registry.ledger.redis.AddHook(hooks{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
		if cmd.Name() == "wait" {
			asked = true
			expect(t, n.Mirror, grantFor(orders, "stolen", 0), ErrRevoked)
		}
		return next(ctx, cmd)
	}})
	if err := n.Revoke(t.Context(), Entry{ID: "stolen"}); !errors.Is(err, ErrNotReplicated) || !asked {
		t.Errorf("Revoke = %v, replicas asked for: %v", err, asked)
	}
}
