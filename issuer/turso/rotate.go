package turso

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token"
)

// rotate answers with an empty object, which Turso's SDK insists on.
func (d *Door) rotate(c *call) (any, error) {
	subject, err := d.subject(c)
	if err != nil {
		return nil, err
	}
	query, err := repeatable(c.Request, "keep", "grace")
	if err != nil {
		return nil, err
	}
	if err := noBody(c); err != nil {
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
	if !query.Has("grace") {
		return r, nil
	}
	grace, err := token.ParseExpiration(query.Get("grace"))
	if err != nil || grace.IsNever() || grace.IsInstant() || len(query["grace"]) > 1 {
		return r, issuer.Malformed(`grace must be one span such as "15m" or "24h". Nothing was rotated.`, err)
	}
	epoch := time.Unix(0, 0)
	end, err := grace.At(epoch)
	if err != nil {
		return r, issuer.Malformed("grace is too long. Nothing was rotated.", err)
	}
	r.Grace = end.Sub(epoch)
	return r, nil
}
