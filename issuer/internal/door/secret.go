package door

import (
	"net/http"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Bearer finds who sent the admin key in the one Authorization header: with two,
// something between the client and here could have read the other one. The reason
// is empty when the key is good.
func Bearer(s *issuer.Service, h http.Header) (*issuer.Principal, refusal.Reason) {
	headers := h.Values("Authorization")
	switch {
	case len(headers) == 0:
		return nil, refusal.Missing
	case len(headers) > 1:
		return nil, refusal.Multiple
	}
	scheme, secret, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return nil, refusal.Malformed
	}
	return Known(s, secret)
}

// Known finds whose secret this is.
func Known(s *issuer.Service, secret string) (*issuer.Principal, refusal.Reason) {
	principal, ok := s.Authenticate(secret)
	if !ok {
		return nil, refusal.UnknownKey
	}
	return principal, ""
}

// Unauthenticated is the same answer for every reason, in the words of a door; only
// the log tells the reasons apart.
func Unauthenticated(reason refusal.Reason, title, sentence string) error {
	return &refusal.Refusal{
		Status: http.StatusUnauthorized, Title: title, Code: refusal.AdminKeyInvalid, Reason: reason, Message: sentence,
		Challenge: `Bearer realm="sekisho"`,
	}
}
