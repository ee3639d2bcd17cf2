package verifier

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// RecheckEvery is how often a grant is judged again while its connection lasts. With
// what it takes to end that, it keeps a revocation under a second.
const RecheckEvery = 500 * time.Millisecond

// WhileGood gives a context that ends when recheck refuses, with that error as its cause.
// stop ends it too, and waits until nothing is rechecked any more.
func WhileGood(ctx context.Context, recheck func() error) (_ context.Context, stop func()) {
	ctx, end := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		ticker := time.NewTicker(RecheckEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := recheck(); err != nil {
				end(err)
				return
			}
		}
	})
	return ctx, func() { end(nil); watch.Wait() }
}

// Recheck judges anew a grant that was verified before, for connections that
// outlive a request. It gives no leeway to the expiry, as there is no other clock
// to agree with. Every error is a *refusal.Refusal.
func (v *Verifier) Recheck(g *token.Grant) error {
	now := v.now()
	if g.Expired(now, 0) {
		return v.invalid(refusal.Expired, nil)
	}
	return v.judge(g, now)
}

// TakenBack says whether a grant that was verified before was revoked or retired since.
// That it has expired, or that nothing is known freshly, does not count. It asks memory
// only, so that a body can ask it each time it is read. An error is a *refusal.Refusal.
func (v *Verifier) TakenBack(g *token.Grant) error {
	err := v.revocations.Judge(g, v.now())
	if errors.Is(err, revocation.ErrRevoked) || errors.Is(err, revocation.ErrRotated) {
		return refuse(v.realm, err)
	}
	return nil
}
