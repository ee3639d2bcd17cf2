package refusal

import (
	"errors"
	"time"
)

// Refusal is an error that knows how to answer. The fields from Reason on are not
// part of the body.
type Refusal struct {
	Status  int    // HTTP status code
	Title   string // "error": a short fixed phrase
	Message string // "message": what happened and what to do, for a person
	Code    Code   // "code": stable, upper-case, from the list of codes

	Details []Detail // "details": each field that cannot be taken; may be empty
	TokenID string   // "id": the token that the refusal is about; may be empty

	Reason     Reason        // closed set, for metrics and logs
	Challenge  string        // WWW-Authenticate, sent with 401 and 403 (RFC 6750, section 3)
	RetryAfter time.Duration // sent in whole seconds, at least 1, when above zero
	Allow      string        // Allow, sent with 405
	Cause      error         // for the log, never for the client
}

// Detail is what is wrong with one field of a request.
type Detail struct {
	Code    string `json:"code"`
	Path    []any  `json:"path"` // names of members and, as numbers, indexes
	Message string `json:"message"`
}

// Error says what the log should: the code, the message and the cause.
func (r *Refusal) Error() string {
	text := string(r.Code) + ": " + r.Message
	if r.Cause != nil {
		text += ": " + r.Cause.Error()
	}
	return text
}

// Unwrap gives the cause, so that callers can test for it.
func (r *Refusal) Unwrap() error { return r.Cause }

// Because is r with the cause that the log should show.
func (r Refusal) Because(cause error) *Refusal {
	r.Cause = cause
	return &r
}

// From finds the refusal in err. An error that is none is our own fault: the
// client hears a generic 500 and the log keeps the cause.
func From(err error) *Refusal {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r
	}
	return Internal(err)
}
