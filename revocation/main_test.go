package revocation

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

func TestMain(m *testing.M) {
	logging.Disable() // of every refused connection, and many tests want one
	// A closed go-redis pool stops asking for its server within a second.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

var (
	orders = token.Subject{Family: token.Database, Organization: "acme", Name: "orders"}
	users  = token.Subject{Family: token.Database, Organization: "acme", Name: "users"}
	group  = token.Subject{Family: token.Group, Organization: "acme", Name: "production"}
)

// grantFor makes a grant as a mint in this generation would.
func grantFor(s token.Subject, id string, generation uint64) *token.Grant {
	g := &token.Grant{ID: id, Family: s.Family, Organization: s.Organization, Generation: generation}
	if s.Family == token.Group {
		g.Group = s.Name
	} else {
		g.Database = s.Name
	}
	return g
}

// node is what one server has: a mirror, a registry and a follower.
type node struct {
	*Mirror
	*Registry
	follower *Follower
}

func newNode(s *store.Store) *node {
	m := NewMirror(time.Minute)
	return &node{m, NewRegistry(s, m), NewFollower(s, m, slog.New(slog.DiscardHandler))}
}

// Generation settles which of the two methods the tests mean.
func (n *node) Generation(ctx context.Context, s token.Subject) (uint64, error) {
	return n.Registry.Generation(ctx, s)
}

// sync drives the follower by hand until it has nothing left to do; it returns
// the gap that it met, if any.
func (n *node) sync(t *testing.T) (gap error) {
	t.Helper()
	for range 100 {
		more, err := n.follower.sync(t.Context())
		if err != nil {
			if gap != nil {
				t.Fatalf("failed twice: %v, then %v", gap, err)
			}
			gap = err
			continue
		}
		if !more {
			return gap
		}
	}
	t.Fatal("the follower never got to the end of the feed")
	return nil
}

// awaitProof waits until the follower was in step with the store at a time after that.
func (n *node) awaitProof(t *testing.T, after time.Time) {
	t.Helper()
	redistest.Eventually(t, "in step again", func() bool { return n.proved().After(after) })
}

// run runs the follower until the test ends.
func (n *node) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		n.follower.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		// A read that waits for news does not heed its context: an entry ends it.
		_, _ = n.follower.ledger.write(context.Background(), event{})
		<-stopped
	})
}

// mint makes a grant as the issuer does: with the generation of this moment.
func (n *node) mint(t *testing.T, s token.Subject, id string) *token.Grant {
	t.Helper()
	generation, err := n.Generation(t.Context(), s)
	must(t, err)
	return grantFor(s, id, generation)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, m *Mirror, g *token.Grant, want error) {
	t.Helper()
	if got := m.Judge(g, time.Now()); got != want {
		t.Errorf("Judge(%s of %s, generation %d) = %v, want %v", g.ID, g.Subject(), g.Generation, got, want)
	}
}
