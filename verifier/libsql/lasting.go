package libsql

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

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

// lastingBody is a request body that may arrive for longer than its token is good.
type lastingBody struct {
	io.ReadCloser
	gate     *Gate
	grant    *token.Grant
	database string
	changes  uint64    // of which it has heard
	checked  time.Time // as a grant ends by itself too
	ended    error
}

// lasting makes the body of a request, whose grant was good at changes, end with the
// grant.
func (g *Gate) lasting(body io.ReadCloser, changes uint64, grant *token.Grant, database string) io.ReadCloser {
	return &lastingBody{ReadCloser: body, gate: g, grant: grant, database: database, changes: changes, checked: g.now()}
}

// Read implements [io.Reader]. What has come is withheld if the grant has ended
// meanwhile: a body that breaks off is no request to the server. The error is a
// [*refusal.Refusal] then.
func (b *lastingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.ended == nil {
		b.ended = b.recheck()
	}
	if b.ended != nil {
		return 0, b.ended
	}
	return n, err
}

func (b *lastingBody) recheck() error {
	changes, now := b.gate.authenticator.Changes(), b.gate.now()
	if changes == b.changes && now.Sub(b.checked) < verifier.RecheckEvery {
		return nil
	}
	b.changes, b.checked = changes, now
	return b.gate.recheck(b.grant, b.database)
}

// endOfGrant is why the grant ended, nil if it did not.
func endOfGrant(ctx context.Context) *refusal.Refusal {
	refused, _ := errors.AsType[*refusal.Refusal](context.Cause(ctx))
	return refused
}
