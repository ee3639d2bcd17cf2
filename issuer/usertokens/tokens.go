package usertokens

import (
	"net/http"
	"net/url"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

func (d *Door) create(c *door.Call) (any, error) {
	minted, err := d.tokens.Create(c, decodeCreate)
	if err != nil {
		return nil, err
	}
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
	tokens, next, err := d.tokens.List(c, query, issuer.Selection{Holder: id, Good: !query.Has("status")})
	if err != nil {
		return nil, err
	}
	if next != "" {
		query.Set("cursor", next)
		c.Writer.Header().Set("Link", "<?"+query.Encode()+`>; rel="next"`)
	}
	return door.Views(tokens, viewOf), nil
}

func (d *Door) info(c *door.Call) (any, error) {
	listed, err := d.tokens.Show(c)
	if err != nil {
		return nil, err
	}
	return viewOf(listed), nil
}

func (d *Door) revoke(c *door.Call) (any, error) {
	revoked, err := d.tokens.Revoke(c)
	if err != nil {
		return nil, err
	}
	return viewOf(revoked), nil
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
	minted, err := d.tokens.Rotate(c)
	if err != nil {
		return nil, err
	}
	reply := createdOf(minted)
	reply.Replaces = c.Names["id"]
	return reply, nil
}
