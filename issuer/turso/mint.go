package turso

import (
	"net/url"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

// mintBody is the body of a mint. "databases" is not Turso's: it narrows a group
// token, which "permissions" does not.
type mintBody struct {
	Permissions *struct {
		ReadAttach *struct {
			Databases []string `json:"databases"`
		} `json:"read_attach"`
	} `json:"permissions"`
	Databases jsontext.Value `json:"databases"`
}

type mintReply struct {
	JWT           string       `json:"jwt"`
	ID            string       `json:"id"`
	ExpiresAt     *time.Time   `json:"expires_at"`
	Authorization token.Access `json:"authorization"`
	Databases     []string     `json:"databases,omitempty"`
	ReadAttach    []string     `json:"read_attach,omitempty"`
	Warnings      []string     `json:"warnings"`
}

func (d *Door) mint(c *door.Call) (any, error) {
	subject, err := d.subject(c)
	if err != nil {
		return nil, err
	}
	query, err := door.Parameters(c.Request, "expiration", "authorization")
	if err != nil {
		return nil, err
	}
	body, err := door.ReadBody(c, door.MaxBody)
	if err != nil {
		return nil, err
	}
	request, err := decodeMint(query, body)
	if err != nil {
		return nil, err
	}
	request.Subject = subject
	minted, err := d.service.Mint(c.Context(), c.Caller, request)
	if err != nil {
		return nil, err
	}
	g := minted.Grant
	return mintReply{
		JWT: minted.JWT, ID: g.ID, ExpiresAt: door.Optional(g.ExpiresAt), Authorization: g.Access,
		Databases: g.Databases, ReadAttach: g.ReadAttach, Warnings: minted.Warnings,
	}, nil
}

// decodeMint reads everything but whom the token is for.
func decodeMint(query url.Values, body []byte) (issuer.MintRequest, error) {
	var r issuer.MintRequest
	if query.Has("expiration") {
		expiration, err := token.ParseExpiration(query.Get("expiration"))
		if err != nil {
			return r, issuer.ExpirationInvalid(err)
		}
		r.Expiration = &expiration
	}
	if query.Has("authorization") {
		access, err := token.ParseAccess(query.Get("authorization"))
		if err != nil {
			return r, issuer.AuthorizationInvalid(err)
		}
		r.Access = access
	}
	var b mintBody
	if err := door.DecodeBody(body, &b); err != nil {
		return r, err
	}
	if b.Permissions != nil && b.Permissions.ReadAttach != nil {
		r.ReadAttach = b.Permissions.ReadAttach.Databases
	}
	var err error
	r.Databases, err = decodeNarrowing(b.Databases)
	return r, err
}

// decodeNarrowing reads the list that narrows a token. An empty list is refused:
// it is what a program sends that found no database for its user, and it must not
// get all of them.
func decodeNarrowing(value jsontext.Value) ([]string, error) {
	if value == nil {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal(value, &names); err != nil {
		return nil, issuer.Malformed("databases must be a list of names.", nil)
	}
	if len(names) == 0 {
		return nil, issuer.Malformed("databases is empty. Leave it out for a token that reaches the whole group.", nil)
	}
	return names, nil
}
