package door

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token"
)

// Opaque is what the doors to opaque tokens do alike. Each has its own words for
// what it takes and answers.
type Opaque struct {
	Service *issuer.Service
	Family  token.Family
	Path    string
}

// Create mints what decode reads in the body.
func (o Opaque) Create(c *Call, decode func(body []byte) (issuer.OpaqueRequest, error)) (*issuer.MintedOpaque, error) {
	if _, err := Parameters(c.Request); err != nil {
		return nil, err
	}
	key, err := idempotencyKey(c.Header)
	if err != nil {
		return nil, err
	}
	body, err := ReadBody(c, MaxBody)
	if err != nil {
		return nil, err
	}
	request, err := decode(body)
	if err != nil {
		return nil, err
	}
	request.Family, request.IdempotencyKey = o.Family, key
	minted, err := o.Service.MintOpaque(c.Context(), c.Caller, request)
	return o.created(c, minted, err)
}

// Rotate mints a token that takes the place of the one in the path.
func (o Opaque) Rotate(c *Call) (*issuer.MintedOpaque, error) {
	query, err := Parameters(c.Request, "grace")
	if err != nil {
		return nil, err
	}
	grace, err := Span(query, "grace")
	if err != nil {
		return nil, err
	}
	if err := NoBody(c); err != nil {
		return nil, err
	}
	minted, err := o.Service.RotateOpaque(c.Context(), c.Caller, o.Family, c.Names["id"], grace)
	return o.created(c, minted, err)
}

func (o Opaque) created(c *Call, minted *issuer.MintedOpaque, err error) (*issuer.MintedOpaque, error) {
	if err != nil {
		return nil, err
	}
	c.status = http.StatusCreated
	c.Writer.Header().Set("Location", o.Path+"/"+minted.Record.ID)
	return minted, nil
}

// Show finds the token in the path.
func (o Opaque) Show(c *Call) (*issuer.Listed, error) {
	if _, err := Parameters(c.Request); err != nil {
		return nil, err
	}
	return o.Service.Opaque(c.Context(), c.Caller, o.Family, c.Names["id"])
}

// List finds what is selected, further narrowed and paged by the query.
func (o Opaque) List(c *Call, query url.Values, q issuer.Selection) (tokens []issuer.Listed, next string, err error) {
	q.Family = o.Family
	if q.Status, err = status(query); err != nil {
		return nil, "", err
	}
	page, err := Page(query)
	if err != nil {
		return nil, "", err
	}
	return o.Service.ListOpaque(c.Context(), c.Caller, q, page)
}

// Revoke takes back the token in the path.
func (o Opaque) Revoke(c *Call) (*issuer.Listed, error) {
	query, err := Parameters(c.Request, "reason")
	if err != nil {
		return nil, err
	}
	if err := NoBody(c); err != nil {
		return nil, err
	}
	tokens, err := o.Service.RevokeOpaque(c.Context(), c.Caller, o.Family, []string{c.Names["id"]}, query.Get("reason"))
	if err != nil {
		return nil, err
	}
	return &tokens[0], nil
}

// maxImport bounds the file of an import, in bytes.
const maxImport = 8 << 20

// imported counts what an import did.
type imported struct {
	Active  int `json:"active"`
	Revoked int `json:"revoked"`
	Skipped int `json:"skipped"`
}

// Import takes over the tokens that decode reads in the body.
func (o Opaque) Import(c *Call, decode func(body []byte) ([]issuer.Foreign, error)) (any, error) {
	body, err := ReadBody(c, maxImport)
	if err != nil {
		return nil, err
	}
	tokens, err := decode(body)
	if err != nil {
		return nil, err
	}
	done, err := o.Service.Import(c.Context(), c.Caller, o.Family, tokens)
	return imported(done), err
}

var statuses = []issuer.Status{
	issuer.StatusActive, issuer.StatusRotating, issuer.StatusRevoked, issuer.StatusExpired, issuer.StatusRotated,
}

// status reads the status that a list is of; empty is all of them.
func status(query url.Values) (issuer.Status, error) {
	status := issuer.Status(query.Get("status"))
	if status == "all" || !query.Has("status") {
		return "", nil
	}
	if !slices.Contains(statuses, status) {
		return "", issuer.Malformed("status must be all, active, rotating, revoked, expired or rotated.", nil)
	}
	return status, nil
}

const maxIdempotencyKey = 255

// idempotencyKey reads the header of that name; empty when there is none.
func idempotencyKey(h http.Header) (string, error) {
	values := h.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	if len(values) > 1 || key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", issuer.Malformed("Idempotency-Key must be one header with 1 to "+strconv.Itoa(maxIdempotencyKey)+" printable ASCII characters.", nil)
	}
	return key, nil
}
