package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// mediaType is the type of a body that is in UTF-8 and not encoded, else empty.
func mediaType(h http.Header) string {
	for _, encoding := range h["Content-Encoding"] {
		if encoding != "" && !strings.EqualFold(encoding, "identity") {
			return ""
		}
	}
	if len(h["Content-Type"]) != 1 {
		return ""
	}
	kind, parameters, err := mime.ParseMediaType(h["Content-Type"][0])
	if err != nil {
		return ""
	}
	for name, value := range parameters {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return ""
		}
	}
	return kind
}

// takeBody reads a body whole and puts what was read in its place. Trailers, which
// come after it, are not forwarded.
func takeBody(r *http.Request) ([]byte, *refusal.Refusal) {
	if r.ContentLength > maxDocument {
		return nil, refusal.TooLargeBody("1 MiB")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxDocument+1))
	if refused, ended := errors.AsType[*refusal.Refusal](err); ended {
		return nil, refused
	}
	if err != nil {
		return nil, refusal.NotUnderstood("The body could not be read to its end.", err)
	}
	if len(body) > maxDocument {
		return nil, refusal.TooLargeBody("1 MiB")
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), r.Body}
	r.ContentLength, r.TransferEncoding, r.Trailer = int64(len(body)), nil, nil
	return body, nil
}
