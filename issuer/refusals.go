package issuer

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// The titles below are the Turso platform's own words, which clients show or test.

// ExpirationInvalid refuses an expiration that cannot be read or has passed.
func ExpirationInvalid(cause error) *refusal.Refusal {
	r := invalid(refusal.ExpirationInvalid, `Use a span such as "15m", "24h", "7d" or "2w1d30m", a time such as "2030-12-31T23:59:59Z" that lies ahead, or "never".`)
	r.Title, r.Cause = "Invalid expiration format", cause
	return r
}

// AuthorizationInvalid refuses an access word that is neither of the two.
func AuthorizationInvalid(cause error) *refusal.Refusal {
	r := invalid(refusal.AuthorizationInvalid, `Use "full-access" or "read-only".`)
	r.Title, r.Cause = "Invalid authorization level", cause
	return r
}

func expirationTooLong(limit token.Expiration) *refusal.Refusal {
	r := invalid(refusal.ExpirationTooLong, fmt.Sprintf("Such tokens may live for %s at most. Ask for that or less; nothing is cut short.", limit))
	r.Title = "Expiration exceeds the maximum of " + limit.String()
	return r
}

func expirationRequired() *refusal.Refusal {
	r := invalid(refusal.ExpirationRequired, `Such tokens must end. Give an expiration such as "7d".`)
	r.Title = "Expiration required"
	return r
}

func accessTooWide() *refusal.Refusal {
	r := invalid(refusal.AuthorizationInvalid, `Tokens of this group are read-only. Ask for "read-only", or leave the authorization out.`)
	r.Title = "Invalid authorization level"
	return r
}

// invalid refuses input; sentence says what to do about it.
func invalid(code refusal.Code, sentence string) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusBadRequest, Title: "Bad request", Code: code, Message: sentence, Reason: refusal.InvalidInput,
	}
}

// FieldUnsupported refuses a part of a request that is not understood here. To
// drop it could mean to drop a restriction and give away more than was asked for.
func FieldUnsupported(field, why string) *refusal.Refusal {
	r := invalid(refusal.FieldUnsupported, why+" Nothing was done.")
	r.Title = "Unsupported field " + shown(field)
	return r
}

// Malformed refuses a request that cannot be read, or only in two ways.
func Malformed(sentence string, cause error) *refusal.Refusal {
	r := invalid(refusal.BadRequest, sentence)
	r.Cause = cause
	return r
}

func tooManyNames(list string) *refusal.Refusal {
	return invalid(refusal.BadRequest, fmt.Sprintf("%s may have %d entries at most.", list, maxNames))
}

// databaseUnknown names what a list of databases has too much. It is a 400: with
// 404, clients say that the group or database in the path is missing.
func databaseUnknown(list, name, place string) *refusal.Refusal {
	r := invalid(refusal.DatabaseUnknown, list+" may name databases of this "+place+" only. Nothing was minted.")
	r.Title = "Unknown database " + shown(name)
	return r
}

func keptUnknown(id string) *refusal.Refusal {
	r := invalid(refusal.TokenNotFound, "keep may name only tokens that were minted here for what is rotated. Nothing was rotated.")
	r.Title = "Unknown token " + shown(id)
	return r
}

// OrganizationNotFound is the same to the letter for an organization that does
// not exist and for one that the caller may not know of.
func OrganizationNotFound() *refusal.Refusal {
	return notFound(refusal.NotFound, "organization not found", "There is no such organization for this admin key.")
}

// databaseNotFound is the same for a database that does not exist and for one
// outside the caller's groups.
func databaseNotFound(name string) *refusal.Refusal {
	return notFound(refusal.DatabaseNotFound, "could not find database with name "+shown(name)+": record not found",
		"There is no such database for this admin key. Check the names of database and organization.")
}

// groupNotFound is the same for a group that does not exist and for one outside
// the caller's limits.
func groupNotFound() *refusal.Refusal {
	return notFound(refusal.GroupNotFound, "group not found",
		"There is no such group for this admin key. Check the names of group and organization.")
}

func tokenNotFound() *refusal.Refusal {
	return notFound(refusal.TokenNotFound, "token not found", "No token with this id was minted here for this database or group.")
}

// noSuchToken is for opaque tokens, in the words of the token service of old.
func noSuchToken() *refusal.Refusal {
	return notFound(refusal.TokenNotFound, "Token not found", "No token with this id was minted here.")
}

func notFound(code refusal.Code, title, sentence string) *refusal.Refusal {
	return &refusal.Refusal{Status: http.StatusNotFound, Title: title, Code: code, Message: sentence, Reason: refusal.Unknown}
}

// shown is a name as it may be repeated to the caller. It belongs in titles
// only: messages reach the log, and what stands here may be a token by mistake.
func shown(name string) string {
	const most = 64
	if len(name) > most {
		name = name[:most]
	}
	return strings.ToValidUTF8(name, "")
}

func notPermitted(a Action, family token.Family) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusForbidden, Title: "You do not have permission to access this resource",
		Code: refusal.PermissionDenied, Reason: refusal.NotPermitted,
		Message:   fmt.Sprintf("This admin key may not %s %s tokens.", a, family),
		Challenge: `Bearer realm="sekisho", error="insufficient_scope"`,
	}
}

// inactive refuses what can only be done to a token that is still good.
func inactive(status Status) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusConflict, Title: "Token is " + string(status), Code: refusal.TokenInactive, Reason: refusal.InvalidInput,
		Message: "Only a token that is still good can be rotated. Mint a new one.",
	}
}

// unproven refuses what only a record that we signed can justify: to make another token
// like this one, or to say that this one was taken back.
func unproven() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusConflict, Title: "Token is not signed here", Code: refusal.TokenInactive, Reason: refusal.BadSignature,
		Message: "The record of this token is lost, or is not as a key of this server signed it. Nothing was changed. " +
			"Take the token back by its id, and mint a new one. If its id is unknown too, import the token again first.",
	}
}

// keyUnknown refuses to take back a JWT that may be one of ours: a node may not have read
// the newest key yet.
func keyUnknown() *refusal.Refusal {
	r := refusal.Unavailable(nil)
	r.Code, r.Reason = refusal.NotReady, refusal.UnknownKey
	r.Message = "The key that this token names is not known here. If the key was dropped, the token is refused everywhere already; if not, try again, or at another node."
	return r
}

// alreadyMinted answers a request whose idempotency key has made a token before.
// The secret cannot be told again: it was not kept.
func alreadyMinted(id string) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusConflict, Title: "Token already created", Code: refusal.IdempotencyConflict, Reason: refusal.InvalidInput, TokenID: id,
		Message: "A request with this Idempotency-Key has made a token. Its secret was shown once; if it got lost, rotate or revoke the token.",
	}
}

func mintInProgress(wait time.Duration) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusConflict, Title: "Request in progress", Code: refusal.IdempotencyConflict, Reason: refusal.InvalidInput, RetryAfter: wait,
		Message: "Another request with this Idempotency-Key is not finished. Try again.",
	}
}

// conflictingImport refuses to replace a token by another of the same id.
func conflictingImport(id string) *refusal.Refusal {
	r := Malformed("A token with this id and another secret is known here. The tokens before it in the file were imported.", nil)
	r.Status, r.Title, r.TokenID = http.StatusConflict, "Token id is taken", id
	return r
}

// unsigned is for signing keys that cannot be used, or not for so long.
func unsigned(cause error) *refusal.Refusal {
	r := refusal.Unavailable(cause)
	r.Message = "The signing keys cannot be used at the moment. Nothing was minted; try again."
	return r
}

// unsure is for a change whose answer did not come: it may have been made.
func unsure(cause error) *refusal.Refusal {
	r := refusal.Unavailable(cause)
	r.Message = "The token store did not answer in time, so this may or may not be in force. Do it again: that is safe."
	return r
}

// unrotated is for a rotation that came to nothing once it had begun to end the old
// token. The new one stays untold.
func unrotated(cause error) *refusal.Refusal {
	r := *refusal.From(cause)
	r.Message += " If the old token is refused as inactive then, it has ended: mint a new one."
	return &r
}

// unreplicated is for a change that is in force, and that too few replicas hold to
// be sure of it if the store's master were lost now.
func unreplicated(cause error) *refusal.Refusal {
	r := refusal.Unavailable(cause)
	r.Code = refusal.NotReplicated
	r.Message = "This is in force on every node, but too few replicas of the token store have confirmed it. Do it again: that is safe."
	return r
}
