package devtokens

import (
	"net/netip"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

// createBody is the body of a create. An empty list is not the same as none: it is
// what a program sends that found nothing to allow.
type createBody struct {
	Note          string   `json:"note"`
	App           string   `json:"app"`
	Authorization *string  `json:"authorization"`
	Scopes        []string `json:"scopes"`
	Networks      []string `json:"networks"`
	Routes        []string `json:"routes"`
	Expiration    *string  `json:"expiration"`
}

func (d *Door) create(c *door.Call) (any, error) {
	minted, err := d.tokens.Create(c, decodeCreate)
	if err != nil {
		return nil, err
	}
	return createdOf(minted), nil
}

func decodeCreate(body []byte) (issuer.OpaqueRequest, error) {
	var b createBody
	var r issuer.OpaqueRequest
	if err := door.DecodeBody(body, &b); err != nil {
		return r, err
	}
	r.Note, r.Holder, r.Scopes, r.Routes = b.Note, b.App, b.Scopes, b.Routes
	if b.Networks != nil {
		r.Networks = []netip.Prefix{}
	}
	for _, text := range b.Networks {
		network, err := door.Network(text)
		if err != nil {
			return r, err
		}
		r.Networks = append(r.Networks, network)
	}
	if b.Authorization != nil {
		access, err := token.ParseAccess(*b.Authorization)
		if err != nil {
			return r, issuer.AuthorizationInvalid(err)
		}
		r.Access = access
	}
	if b.Expiration != nil {
		expiration, err := token.ParseExpiration(*b.Expiration)
		if err != nil {
			return r, issuer.ExpirationInvalid(err)
		}
		r.Expiration = &expiration
	}
	return r, nil
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
