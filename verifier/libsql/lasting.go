package libsql

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
)

// whileGood is next for an answer that may outlive its token. When the token has
// expired or was revoked the answer breaks off, as an orderly end could be taken
// for the whole.
func (g *Gate) whileGood(w http.ResponseWriter, out *http.Request, grant *token.Grant, database string, next Next) error {
	ctx, stop := verifier.WhileGood(out.Context(), func() error { return g.recheck(grant, database) })
	defer stop()
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

// lasting makes the body of a request end with its grant: at once when that is taken
// back, and within [verifier.RecheckEvery] when it ends by itself, which has no leeway
// then, or reaches the database no more.
func (g *Gate) lasting(body io.ReadCloser, grant *token.Grant, database string) io.ReadCloser {
	checked := g.now()
	return &verifier.LastingBody{ReadCloser: body, Grant: grant, Judge: func(grant *token.Grant) error {
		now := g.now()
		if now.Sub(checked) < verifier.RecheckEvery {
			return g.authenticator.TakenBack(grant)
		}
		checked = now
		return g.recheck(grant, database)
	}}
}

// endOfGrant is why the grant ended, nil if it did not.
func endOfGrant(ctx context.Context) *refusal.Refusal {
	refused, _ := errors.AsType[*refusal.Refusal](context.Cause(ctx))
	return refused
}
