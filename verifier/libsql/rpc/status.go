package rpc

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Status is how a call ended (google.golang.org/grpc/codes has the list).
type Status uint8

// The statuses of calls that are refused.
const (
	Unknown           Status = 2
	InvalidArgument   Status = 3
	PermissionDenied  Status = 7
	ResourceExhausted Status = 8
	Unimplemented     Status = 12
	Unavailable       Status = 14
	Unauthenticated   Status = 16
)

// StatusOf is the status for what over HTTP has a code of its own.
func StatusOf(code int) Status {
	switch code {
	case http.StatusBadRequest:
		return InvalidArgument
	case http.StatusUnauthorized:
		return Unauthenticated
	case http.StatusForbidden:
		return PermissionDenied
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return Unimplemented
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return ResourceExhausted
	case http.StatusServiceUnavailable:
		return Unavailable
	default:
		return Unknown
	}
}

// Deny answers a call with a status and a sentence for people, and no body: the
// form "Trailers-Only", which gRPC and gRPC-Web have in common.
func Deny(w http.ResponseWriter, f Form, s Status, sentence string) {
	h := w.Header()
	h.Set("Content-Type", f.ContentType())
	h.Set("Cache-Control", "no-store")
	h.Set("Grpc-Status", strconv.Itoa(int(s)))
	h.Set("Grpc-Message", percent(sentence))
	w.WriteHeader(http.StatusOK)
}

// percent encodes a message as gRPC does: all but printable ASCII, and "%".
func percent(sentence string) string {
	var b strings.Builder
	for i := range len(sentence) {
		if c := sentence[i]; c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
