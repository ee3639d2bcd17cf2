package libsql

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// recheckEvery is how often the grant of a stream is judged again. With what it
// takes to end the stream it keeps a revocation under a second.
const recheckEvery = 500 * time.Millisecond

// whileGood is next for an answer that may outlive its token. When the token has
// expired or was revoked the answer breaks off, as an orderly end could be taken
// for the whole.
func (g *Gate) whileGood(w http.ResponseWriter, out *http.Request, grant *token.Grant, database string, next Next) error {
	ctx, end := context.WithCancelCause(out.Context())
	var watch sync.WaitGroup
	watch.Go(func() { g.watchGrant(ctx, end, grant, database) })
	defer watch.Wait()
	defer end(nil)
	broken := true
	defer func() {
		if refused := endOfGrant(ctx); broken && refused != nil {
			g.observe(refused.Reason)
		}
	}()
	err := next(w, out.WithContext(ctx), grant) // panics to break off
	broken = false
	if refused := endOfGrant(ctx); err != nil && refused != nil {
		return refused
	}
	return err
}

// watchGrant ends ctx when the grant does.
func (g *Gate) watchGrant(ctx context.Context, end context.CancelCauseFunc, grant *token.Grant, database string) {
	ticker := time.NewTicker(recheckEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := g.recheck(grant, database); err != nil {
			end(refusal.From(err))
			return
		}
	}
}

// recheck judges again a grant that was good for a database.
func (g *Gate) recheck(grant *token.Grant, database string) error {
	if err := g.authenticator.Recheck(grant); err != nil {
		return err
	}
	if !g.reaches(grant, database) {
		return unreachable()
	}
	return nil
}

// endOfGrant is why the grant ended, nil if it did not.
func endOfGrant(ctx context.Context) *refusal.Refusal {
	refused, _ := errors.AsType[*refusal.Refusal](context.Cause(ctx))
	return refused
}
