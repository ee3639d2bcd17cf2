package refusal

import (
	"net/http"
	"time"
)

// Internal is our own fault: generic for the client, with the cause for the log.
func Internal(cause error) *Refusal {
	return &Refusal{
		Status: http.StatusInternalServerError, Title: "Internal server error", Code: InternalError, Reason: Fault, Cause: cause,
		Message: "Something went wrong here. The log has the cause under this request id.",
	}
}

// Unavailable is a store that does not answer: nothing was decided or changed.
func Unavailable(cause error) *Refusal {
	return &Refusal{
		Status: http.StatusServiceUnavailable, Title: "Service unavailable", Code: StoreUnavailable, Reason: StoreDown, Cause: cause,
		Message: "The token store does not answer. Nothing was changed; try again.", RetryAfter: 2 * time.Second,
	}
}

// Method refuses a method on a path that has others.
func Method(allow string) *Refusal {
	return &Refusal{
		Status: http.StatusMethodNotAllowed, Title: "Method not allowed", Code: MethodNotAllowed, Reason: Route,
		Message: "This path answers to " + allow + " only.", Allow: allow,
	}
}

// TooLargeBody refuses a body over limit, which is text such as "64 KiB".
func TooLargeBody(limit string) *Refusal {
	return &Refusal{
		Status: http.StatusRequestEntityTooLarge, Title: "Request body too large", Code: BodyTooLarge, Reason: TooLarge,
		Message: "The body may have at most " + limit + ".",
	}
}

// NotUnderstood refuses a request that could be read in two ways, or not at all.
func NotUnderstood(sentence string, cause error) *Refusal {
	return &Refusal{
		Status: http.StatusBadRequest, Title: "Bad request", Message: sentence, Code: BadRequest, Reason: BadRequestBody, Cause: cause,
	}
}
