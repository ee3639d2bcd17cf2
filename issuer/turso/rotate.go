package turso

import (
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

// rotate answers with an empty object, which Turso's SDK insists on.
func (d *Door) rotate(c *door.Call) (any, error) {
	subject, err := d.subject(c)
	if err != nil {
		return nil, err
	}
	query, err := door.Repeatable(c.Request, "keep", "grace")
	if err != nil {
		return nil, err
	}
	if err := door.NoBody(c); err != nil {
		return nil, err
	}
	request, err := decodeRotate(query)
	if err != nil {
		return nil, err
	}
	request.Subject = subject
	return struct{}{}, d.service.Rotate(c.Context(), c.Caller, request)
}

// decodeRotate reads keep, a list of ids that may be given several times, and
// grace, a span such as "15m".
func decodeRotate(query url.Values) (issuer.RotateRequest, error) {
	var r issuer.RotateRequest
	for _, list := range query["keep"] {
		r.Keep = append(r.Keep, strings.Split(list, ",")...)
	}
	if slices.ContainsFunc(r.Keep, func(id string) bool { return !token.ValidID(id) }) {
		return r, issuer.Malformed("keep must be a list of token ids with commas between them. Nothing was rotated.", nil)
	}
	if len(query["grace"]) > 1 {
		return r, issuer.Malformed("grace may be given once only. Nothing was rotated.", nil)
	}
	var err error
	r.Grace, err = door.Span(query, "grace")
	return r, err
}
