package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

func TestAllIdempotencyKeysWhoseTimeIsOverAreForgottenAtOnce(t *testing.T) {
	s, client := onMiniredis(t)
	for i := range 2*store.MaxPage + 1 {
		if _, _, err := s.ClaimIdempotency(t.Context(), fmt.Sprint(i), store.Claim{ID: "x", At: now}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PruneIdempotency(t.Context(), now.Add(store.KeepIdempotency)); err != nil {
		t.Fatal(err)
	}
	if left, err := client.Keys(t.Context(), "*").Result(); err != nil || len(left) != 0 {
		t.Errorf("%d keys are left, %v", len(left), err)
	}
}

func TestAClaimWhoseAnswerGotLostIsStillTheFirst(t *testing.T) {
	server := miniredis.RunT(t)
	var lost atomic.Bool
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: 1, DisableIdentity: true, Protocol: 2, Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &losing{Conn: c, lost: &lost}, err
	}})
	s := store.New(client, store.DefaultPrefix)
	defer closeStore(t, s)
	_, mine, err := s.ClaimIdempotency(t.Context(), "key", store.Claim{ID: "x", At: now})
	if err != nil || !mine || !lost.Load() {
		t.Errorf("mine is %v, %v; an answer got lost: %v", mine, err, lost.Load())
	}
}

// losing is a connection that breaks off in place of the first answer to a SET.
type losing struct {
	net.Conn
	lost  *atomic.Bool
	armed bool
}

func (c *losing) Write(p []byte) (int, error) {
	c.armed = bytes.Contains(p, []byte("\r\nset\r\n"))
	return c.Conn.Write(p)
}

func (c *losing) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.armed && c.lost.CompareAndSwap(false, true) {
		return 0, io.EOF
	}
	return n, err
}
