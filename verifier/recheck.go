package verifier

import (
	"net/http"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

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

// Bare refuses a request that carries a credential anywhere, where one is expected
// later inside the protocol. The error is a *refusal.Refusal.
func (v *Verifier) Bare(r *http.Request) error {
	if CarriesNone(r) {
		return nil
	}
	return multiple(v.realm)
}
