package revocation

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// race is what several nodes did at once, in the order of one counter.
type race struct {
	counter atomic.Int64
	mu      sync.Mutex
	minted  []mintedToken
	rotated []span
	revoked map[string]bool
}

type span struct{ begin, end int64 }

type mintedToken struct {
	grant *token.Grant
	at    span
}

// work mints, revokes and rotates as one node.
func (r *race) work(t *testing.T, n *node) {
	for i := range 40 {
		at := span{begin: r.counter.Add(1)}
		g := n.mint(t, orders, token.NewID())
		at.end = r.counter.Add(1)
		revoke := i%5 == 0
		if revoke && n.Revoke(t.Context(), Entry{ID: g.ID}) != nil {
			t.Error("cannot revoke")
		}
		rotation := span{begin: r.counter.Add(1)}
		if i%4 == 3 {
			if err := n.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}); err != nil {
				t.Error(err)
			}
		}
		rotation.end = r.counter.Add(1)

		r.mu.Lock()
		r.minted = append(r.minted, mintedToken{g, at})
		r.revoked[g.ID] = revoke
		if i%4 == 3 {
			r.rotated = append(r.rotated, rotation)
		}
		r.mu.Unlock()
	}
}

// verdict is what must be said about a token; not sure when it was minted while a
// rotation ran.
func (r *race) verdict(m mintedToken) (want error, sure bool) {
	if r.revoked[m.grant.ID] {
		return ErrRevoked, true
	}
	sure = true
	for _, rotation := range r.rotated {
		switch {
		case m.at.end < rotation.begin:
			return ErrRotated, true
		case m.at.begin < rotation.end:
			sure = false
		}
	}
	return nil, sure
}

func TestNodesWhoseClocksDisagreeByAMinuteRaceAndAgree(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	r := &race{revoked: map[string]bool{}}
	var nodes []*node
	var wg sync.WaitGroup
	for _, skew := range []time.Duration{-time.Minute, 0, time.Minute} {
		n := newNode(redisStore(t, server))
		clock := func() time.Time { return time.Now().Add(skew) }
		n.Registry.now, n.follower.now = clock, clock
		n.run(t)
		<-n.follower.Ready()
		nodes = append(nodes, n)
		wg.Go(func() { r.work(t, n) })
	}
	wg.Wait()
	last := mintedToken{nodes[0].mint(t, orders, token.NewID()), span{r.counter.Add(1), r.counter.Add(1)}}
	r.minted = append(r.minted, last)
	must(t, nodes[2].Revoke(t.Context(), Entry{ID: "end"}))
	for i, n := range nodes {
		redistest.Eventually(t, "everything arrived", func() bool {
			return n.revoked.has("end")
		})
		for _, m := range r.minted {
			if want, sure := r.verdict(m); sure {
				if got := n.Judge(m.grant, n.follower.now()); got != want {
					t.Errorf("node %d: %s of generation %d: %v, want %v", i, m.grant.ID, m.grant.Generation, got, want)
				}
			}
		}
	}
}

// wire is the network between one node and its store, which can be cut.
type wire struct {
	mu    sync.Mutex
	cut   bool
	tries int // while it was cut
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		w.tries++
		return nil, errors.New("the network is cut")
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		w.conns = append(w.conns, conn)
	}
	return conn, err
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for _, conn := range w.conns {
		conn.Close()
	}
	w.conns = nil
}

func (w *wire) tried() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries
}

func TestANodeBehindAPartitionPromisesNothingAndHeals(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	far := &wire{}
	a := newNode(redisStore(t, server))
	b := newNode(newStore(t, redis.NewClient(options(redis.Options{Network: "unix", Addr: server.Address, Dialer: far.dial}))))
	for _, n := range []*node{a, b} {
		n.run(t)
		<-n.follower.Ready()
	}
	must(t, b.Revoke(t.Context(), Entry{ID: "before"}))
	good, old := grantFor(users, "good", 0), b.mint(t, orders, "old")

	far.set(true)
	cut := time.Now()
	must(t, a.Revoke(t.Context(), Entry{ID: "meanwhile"}))
	must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}}))
	for _, err := range []error{
		b.Revoke(t.Context(), Entry{ID: "unheard"}),
		b.Rotate(t.Context(), Rotation{Subjects: []token.Subject{users}}),
	} {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("behind the partition: %v", err)
		}
	}
	tried := far.tried()
	redistest.Eventually(t, "b has tried again", func() bool { return far.tried() > tried+1 })
	if err := b.Judge(good, cut.Add(time.Minute+1)); err != ErrStale {
		t.Errorf("a minute later: %v, want %v", err, ErrStale)
	}
	expect(t, b.Mirror, grantFor(users, "before", 0), ErrRevoked)

	far.set(false)
	b.awaitProof(t, cut)
	for _, n := range []*node{a, b} {
		expect(t, n.Mirror, grantFor(users, "meanwhile", 0), ErrRevoked)
		expect(t, n.Mirror, grantFor(users, "before", 0), ErrRevoked)
		expect(t, n.Mirror, old, ErrRotated)
		expect(t, n.Mirror, good, nil)
		expect(t, n.Mirror, b.mint(t, orders, "new"), nil)
	}
}
