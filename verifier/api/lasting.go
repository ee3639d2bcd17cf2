package api

import (
	"io"
	"net/http"
	"sync/atomic"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
)

// lastingBody is a request body that may still be arriving when its token is taken
// back. What comes after that is withheld: a body that breaks off is no request to the
// API. A token that merely expires meanwhile does no harm, or no upload could last.
type lastingBody struct {
	io.ReadCloser
	authenticator Authenticator
	grant         *token.Grant
	changes       uint64                          // of which it has heard
	ended         atomic.Pointer[refusal.Refusal] // what reads a body may outlast the handler
}

// lasting makes the body of a request end with its grant, which was good at changes;
// nil where there is no body.
func (g *Gate) lasting(r *http.Request, grant *token.Grant, changes uint64) *lastingBody {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &lastingBody{ReadCloser: r.Body, authenticator: g.Authenticator, grant: grant, changes: changes}
	r.Body = b
	return b
}

// Read implements [io.Reader]. The error is a [*refusal.Refusal] when the token was
// taken back.
func (b *lastingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if changes := b.authenticator.Changes(); changes != b.changes {
		b.changes = changes
		if err := b.authenticator.TakenBack(b.grant); err != nil {
			b.ended.CompareAndSwap(nil, refusal.From(err))
		}
	}
	if refused := b.ended.Load(); refused != nil {
		return 0, refused
	}
	return n, err
}

// outcome is what became of a request that was sent with this body.
func (b *lastingBody) outcome(err error) (refusal.Reason, error) {
	if b != nil && err != nil {
		if refused := b.ended.Load(); refused != nil {
			return refused.Reason, refused
		}
	}
	return refusal.Allowed, err
}

// send hands a request to the API. A socket ends with its token.
func (g *Gate) send(w http.ResponseWriter, r *http.Request, grant *token.Grant, next Next) error {
	if wireMethod(r) == http.MethodConnect {
		ctx, stop := verifier.WhileGood(r.Context(), func() error { return g.Authenticator.Recheck(grant) })
		defer stop()
		r = r.WithContext(ctx)
	}
	return next(w, r, grant)
}
