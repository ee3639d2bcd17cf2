package api

import (
	"net/http"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func denied(reason refusal.Reason, sentence string) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusForbidden, Title: "Permission denied", Message: sentence, Code: refusal.PermissionDenied, Reason: reason,
	}
}

// lacking names the scope that is needed (RFC 6750, section 3.1).
func lacking(realm, scope string) *refusal.Refusal {
	r := denied(refusal.NotPermitted, `This token lacks the scope "`+scope+`".`)
	r.Challenge = insufficient(realm) + `, scope="` + scope + `"`
	return r
}

func readOnly(realm, sentence string) *refusal.Refusal {
	r := denied(refusal.ReadOnlyToken, sentence)
	r.Code, r.Challenge = refusal.TokenReadOnly, insufficient(realm)
	return r
}

func insufficient(realm string) string {
	return `Bearer realm="` + realm + `", error="insufficient_scope", error_description="The token does not allow this"`
}
