package oauth

import (
	"cmp"
	"strings"

	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// inactive is the whole answer for a token that is good for nothing: not even
// whether it exists (RFC 7662, section 2.2).
type inactive struct {
	Active bool `json:"active"`
}

// active describes a token that is good.
type active struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope,omitzero"`
	ClientID  string `json:"client_id,omitzero"`
	TokenType string `json:"token_type"`
	ExpiresAt int64  `json:"exp,omitzero"`
	IssuedAt  int64  `json:"iat"`
	Subject   string `json:"sub"`
	Issuer    string `json:"iss"`
	ID        string `json:"jti"`

	Family token.Family `json:"family"` // not of the RFC
}

func (d *Door) introspect(c *door.Call) (any, error) {
	credential, err := form(c)
	if err != nil {
		return nil, err
	}
	record, err := d.service.Introspect(c.Context(), c.Caller, credential)
	if err != nil {
		return nil, err
	}
	if record == nil {
		return inactive{}, nil
	}
	return describe(record), nil
}

func describe(r *store.Record) active {
	a := active{
		Active: true, Scope: strings.Join(r.Scopes, " "), TokenType: "Bearer", IssuedAt: r.CreatedAt.Unix(),
		Issuer: token.Issuer, ID: r.ID, Family: r.Family,
	}
	if ends := r.Ends(); !ends.IsZero() {
		a.ExpiresAt = ends.Unix()
	}
	switch r.Family {
	case token.User:
		a.Subject = r.Holder
	case token.Developer:
		a.Subject, a.ClientID = r.ID, cmp.Or(r.Holder, r.ID)
	default:
		a.Subject, a.Scope = r.Subject().String(), string(r.Access)
	}
	return a
}
