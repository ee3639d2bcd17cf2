package verifier

import (
	"errors"
	"net/http"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// retryAfter is when a client whose token could not be judged may try again.
const retryAfter = 2 * time.Second

// challenge writes a WWW-Authenticate value; one without a code says only that a
// token is needed (RFC 6750, section 3).
func challenge(realm, code, description string) string {
	c := `Bearer realm="` + realm + `"`
	if code == "" {
		return c
	}
	return c + `, error="` + code + `", error_description="` + description + `"`
}

func missing(realm string) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusUnauthorized, Title: "No authorization header", Message: "Authorization header is required",
		Code: refusal.AuthHeaderMissing, Reason: refusal.Missing, Challenge: challenge(realm, "", ""),
	}
}

func malformedHeader(realm string) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusUnauthorized, Title: "Invalid authorization header",
		Message: "Authorization header must be in format: Bearer <token>",
		Code:    refusal.AuthHeaderInvalid, Reason: refusal.Malformed, Challenge: challenge(realm, "", ""),
	}
}

func multiple(realm string) *refusal.Refusal {
	return tooMany(realm, "The request carries more than one credential. Send one Authorization header and no other.")
}

// early refuses a credential in the upgrade of a socket, where it would be one too many.
func early(realm string) *refusal.Refusal {
	return tooMany(realm, "The token of a WebSocket comes in its hello message only. Send no credential in a header or in the address.")
}

func tooMany(realm, message string) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusBadRequest, Title: "Invalid request", Message: message,
		Code: refusal.AuthTwoCredentials, Reason: refusal.Multiple, Challenge: challenge(realm, "invalid_request", message),
	}
}

// invalid is everything that can be wrong with a token: the answer never tells
// which, only the reason does.
func invalid(realm string, reason refusal.Reason, cause error) *refusal.Refusal {
	const message = "Token is invalid or has been revoked"
	return &refusal.Refusal{
		Status: http.StatusUnauthorized, Title: "Invalid token", Message: message,
		Code: refusal.AuthInvalid, Reason: reason, Cause: cause, Challenge: challenge(realm, "invalid_token", message),
	}
}

func undecided(code refusal.Code, reason refusal.Reason, message string, cause error) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusServiceUnavailable, Title: "Service unavailable", Message: message,
		Code: code, Reason: reason, RetryAfter: retryAfter, Cause: cause,
	}
}

func unready(cause error) *refusal.Refusal {
	return undecided(refusal.NotReady, refusal.Unready, "The gate is still starting. Try again.", cause)
}

// refuse says what a verdict of the revocations means for a request. A verdict
// that is not known lets nothing pass.
func refuse(realm string, verdict error) *refusal.Refusal {
	switch {
	case errors.Is(verdict, revocation.ErrRevoked):
		return invalid(realm, refusal.Revoked, verdict)
	case errors.Is(verdict, revocation.ErrRotated):
		return invalid(realm, refusal.Rotated, verdict)
	case errors.Is(verdict, revocation.ErrStale):
		return undecided(refusal.RevocationsStale, refusal.Stale,
			"It is not known freshly enough which tokens were revoked. Try again.", verdict)
	case errors.Is(verdict, revocation.ErrNotReady):
		return unready(verdict)
	default:
		return refusal.Internal(verdict)
	}
}
