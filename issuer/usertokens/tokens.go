package usertokens

import (
	"net/http"
	"net/url"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

func (d *Door) create(c *door.Call) (any, error) {
	if _, err := door.Parameters(c.Request); err != nil {
		return nil, err
	}
	key, err := door.IdempotencyKey(c.Header)
	if err != nil {
		return nil, err
	}
	body, err := door.ReadBody(c, door.MaxBody)
	if err != nil {
		return nil, err
	}
	request, err := decodeCreate(body)
	if err != nil {
		return nil, err
	}
	request.IdempotencyKey = key
	minted, err := d.service.MintOpaque(c.Context(), c.Caller, request)
	if err != nil {
		return nil, err
	}
	c.Created(path + "/" + minted.Record.ID)
	return createdOf(minted), nil
}

// user reads the userId that a request for all tokens of a user must name.
func user(r *http.Request, further ...string) (query url.Values, id string, err error) {
	query, err = door.Repeatable(r, append(further, "userId")...)
	if err != nil {
		return nil, "", err
	}
	var found issues
	switch values := query["userId"]; len(values) {
	case 0:
		found.wrongType("string", nil, "userId")
	case 1:
		id = found.holder(values[0])
	default:
		found.add("invalid_type", "userId must be given once only", "userId")
	}
	if err := found.refusal(); err != nil {
		return nil, "", err
	}
	query, err = door.Parameters(r, append(further, "userId")...)
	return query, id, err
}

// list answers with a bare array. What follows a full one is behind the Link
// header (RFC 8288).
func (d *Door) list(c *door.Call) (any, error) {
	query, id, err := user(c.Request, "status", "limit", "cursor")
	if err != nil {
		return nil, err
	}
	q := issuer.Selection{Family: family, Holder: id, Good: !query.Has("status")}
	if q.Status, err = door.Status(query); err != nil {
		return nil, err
	}
	page, err := door.Page(query)
	if err != nil {
		return nil, err
	}
	tokens, next, err := d.service.ListOpaque(c.Context(), c.Caller, q, page)
	if err != nil {
		return nil, err
	}
	if next != "" {
		query.Set("cursor", next)
		c.Writer.Header().Set("Link", "<?"+query.Encode()+`>; rel="next"`)
	}
	return views(tokens), nil
}

func views(tokens []issuer.Listed) []view {
	list := make([]view, len(tokens))
	for i := range tokens {
		list[i] = viewOf(&tokens[i].Record, tokens[i].Status)
	}
	return list
}

func (d *Door) info(c *door.Call) (any, error) {
	if _, err := door.Parameters(c.Request); err != nil {
		return nil, err
	}
	listed, err := d.service.Opaque(c.Context(), c.Caller, family, c.Names["id"])
	if err != nil {
		return nil, err
	}
	return viewOf(&listed.Record, listed.Status), nil
}

func (d *Door) revoke(c *door.Call) (any, error) {
	query, err := door.Parameters(c.Request, "reason")
	if err != nil {
		return nil, err
	}
	if err := door.NoBody(c); err != nil {
		return nil, err
	}
	tokens, err := d.service.RevokeOpaque(c.Context(), c.Caller, family, []string{c.Names["id"]}, query.Get("reason"))
	if err != nil {
		return nil, err
	}
	return viewOf(&tokens[0].Record, tokens[0].Status), nil
}

// revokedReply says which tokens were taken back.
type revokedReply struct {
	UserID  string   `json:"userId"`
	Revoked int      `json:"revoked"`
	IDs     []string `json:"ids"`
}

// revokeUser takes back all tokens of a user.
func (d *Door) revokeUser(c *door.Call) (any, error) {
	query, id, err := user(c.Request, "reason")
	if err != nil {
		return nil, err
	}
	if err := door.NoBody(c); err != nil {
		return nil, err
	}
	ids, err := d.service.RevokeSelected(c.Context(), c.Caller, issuer.Selection{Family: family, Holder: id}, query.Get("reason"), false)
	if err != nil {
		return nil, err
	}
	return revokedReply{UserID: id, Revoked: len(ids), IDs: ids}, nil
}

func (d *Door) rotate(c *door.Call) (any, error) {
	query, err := door.Parameters(c.Request, "grace")
	if err != nil {
		return nil, err
	}
	grace, err := door.Span(query, "grace")
	if err != nil {
		return nil, err
	}
	if err := door.NoBody(c); err != nil {
		return nil, err
	}
	id := c.Names["id"]
	minted, err := d.service.RotateOpaque(c.Context(), c.Caller, family, id, grace)
	if err != nil {
		return nil, err
	}
	c.Created(path + "/" + minted.Record.ID)
	reply := createdOf(minted)
	reply.Replaces = id
	return reply, nil
}
