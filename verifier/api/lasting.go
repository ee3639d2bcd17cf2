package api

import (
	"net/http"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
)

// lasting makes the body of a request end when its token is taken back; nil where there
// is no body. A token that merely expires meanwhile does no harm, or no upload could last.
func (g *Gate) lasting(r *http.Request, grant *token.Grant) *verifier.LastingBody {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &verifier.LastingBody{ReadCloser: r.Body, Grant: grant, Judge: g.takenBack}
	r.Body = b
	return b
}

// outcome is what became of a request that was sent with a body, or with none.
func outcome(body *verifier.LastingBody, err error) (refusal.Reason, error) {
	if body != nil && err != nil {
		if refused := body.Ended(); refused != nil {
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
