package verifier

import (
	"crypto/ed25519"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// heldRing is a key ring that keeps all who ask waiting.
type heldRing struct {
	*ringOfOne
	open chan struct{}
}

func (r heldRing) PublicKey(id string) (ed25519.PublicKey, bool) {
	<-r.open
	return r.ringOfOne.PublicKey(id)
}

// atFirstSight shows one new token many times while its verification takes long,
// and gives what was said each time and how often it was verified.
func atFirstSight(t *testing.T, meanwhile func(*gate)) (said []refusal.Reason, verified int64) {
	var times atomic.Int64
	open := make(chan struct{})
	g := newGate(t, func(o *Options) {
		o.Keys = heldRing{o.Keys.(*ringOfOne), open}
		o.Observe = func(time.Duration) { times.Add(1) }
	})
	jwt := g.mint(t, grant())
	said = make([]refusal.Reason, 8)
	var wg sync.WaitGroup
	for i := range said {
		wg.Go(func() {
			_, err := g.Verify(jwt)
			said[i] = reasonOf(err)
		})
	}
	synctest.Wait()
	meanwhile(g)
	close(open)
	wg.Wait()
	return said, times.Load()
}

func TestATokenThatManyShowForTheFirstTimeIsVerifiedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said, verified := atFirstSight(t, func(*gate) {})
		if verified != 1 {
			t.Errorf("verified %d times", verified)
		}
		for i, reason := range said {
			if reason != "" {
				t.Errorf("request %d: refused for %q", i, reason)
			}
		}
	})
}

func TestATokenRevokedAtFirstSightIsRefusedToAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said, _ := atFirstSight(t, func(g *gate) { g.revoked.verdict.Store(&revocation.ErrRevoked) })
		for i, reason := range said {
			if reason != refusal.Revoked {
				t.Errorf("request %d: got %q", i, reason)
			}
		}
	})
}
