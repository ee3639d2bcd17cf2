package libsql

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// closed refuses what is not open here.
func closed(sentence string) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusNotFound, Title: "Not found", Message: sentence, Code: refusal.RouteRefused, Reason: refusal.Route,
	}
}

// unreachable is the same answer for a database that does not exist and for one
// that the token does not cover, so that names cannot be probed.
func unreachable() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusForbidden, Title: "Permission denied", Message: "This token does not reach this database.",
		Code: refusal.PermissionDenied, Reason: refusal.Unreachable,
	}
}

// noTokenInHello refuses inside the protocol, so it has no status.
func noTokenInHello() *refusal.Refusal {
	return &refusal.Refusal{
		Code: refusal.AuthHeaderMissing, Reason: refusal.Missing, Message: "The hello message needs a token.",
	}
}

// anotherAttached refuses inside the protocol a token that would take over what it may
// not attach itself.
func anotherAttached() *refusal.Refusal {
	return &refusal.Refusal{
		Code: refusal.PermissionDenied, Reason: refusal.Unreachable,
		Message: "The token before this one may attach other databases. Open a new connection.",
	}
}

// readOnlyReplica refuses a call that may write.
func readOnlyReplica() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusForbidden, Title: "Permission denied", Code: refusal.TokenReadOnly, Reason: refusal.ReadOnlyToken,
		Message: "This token is read-only. An embedded replica with it syncs and reads, and neither writes nor begins transactions that could.",
	}
}

// streamOfStatements refuses a call whose statements come one by one and are not judged.
func streamOfStatements() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusForbidden, Title: "Permission denied", Code: refusal.RouteRefused, Reason: refusal.Route,
		Message: "Statements in a stream are not open here. Send them with Execute.",
	}
}

// notYours is the same answer for every baton that was not made for this request.
func notYours() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusBadRequest, Title: "Received an invalid baton", Code: refusal.StreamNotYours, Reason: refusal.Unreachable,
		Message: "Received an invalid baton: this stream was not begun with this token at this database.",
	}
}

// undecodable is the answer to a body that the decoder refused.
func undecodable(err error) *refusal.Refusal {
	return refusal.NotUnderstood(fmt.Sprintf("The body is not read as a libSQL request: %s.", err), err)
}

// unpassable is the answer to a body that the rewriter refused.
func unpassable(err error) *refusal.Refusal {
	if refused, ok := errors.AsType[*refusal.Refusal](err); ok {
		return refused
	}
	return undecodable(err)
}

// deniedText is the answer to a call whose SQL the ruling refused.
func deniedText(j *ruling, refused *hrana.Error) *refusal.Refusal {
	r := refusal.NotUnderstood(refused.Message, nil)
	r.Code = refusal.Code(refused.Code)
	if j.denied {
		r.Status, r.Title, r.Reason = http.StatusForbidden, "Permission denied", j.reason()
	}
	return r
}

// notAnswered is a server that answered something else than its protocol has.
func notAnswered(cause error) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusBadGateway, Title: "Bad gateway", Code: refusal.InternalError, Reason: refusal.Fault, Cause: cause,
		Message: "The database server gave an answer that is not understood here.",
	}
}

// unlockable refuses a stream that the server would let write.
func unlockable(cause error) *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusBadGateway, Title: "Bad gateway", Code: refusal.ReadOnlyUnenforced, Reason: refusal.Fault, Cause: cause,
		Message: "The database server did not make the stream read-only, so this token cannot use it.",
	}
}

// tooManyStrangers refuses a socket while too many others are there without a token.
func tooManyStrangers() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusServiceUnavailable, Title: "Service unavailable", Code: refusal.NotReady, Reason: refusal.Unready,
		Message: "Too many connections have not shown a token yet. Try again.", RetryAfter: time.Second,
	}
}
