package devtokens

import (
	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

func (d *Door) revoke(c *door.Call) (any, error) {
	revoked, err := d.tokens.Revoke(c)
	if err != nil {
		return nil, err
	}
	return viewOf(revoked), nil
}

// revokeMany takes back several tokens, all or none.
func (d *Door) revokeMany(c *door.Call) (any, error) {
	var body struct {
		IDs    []string `json:"ids"`
		Reason string   `json:"reason"`
	}
	if _, err := door.Parameters(c.Request); err != nil {
		return nil, err
	}
	if err := door.Body(c, &body); err != nil {
		return nil, err
	}
	if len(body.IDs) == 0 {
		return nil, issuer.Malformed("ids must list the tokens to take back. Nothing was revoked.", nil)
	}
	tokens, err := d.service.RevokeOpaque(c.Context(), c.Caller, family, body.IDs, body.Reason)
	if err != nil {
		return nil, err
	}
	return listReply{Tokens: door.Views(tokens, viewOf)}, nil
}

// revokedReply says which tokens were taken back, or would be.
type revokedReply struct {
	DryRun  bool     `json:"dry_run"`
	Revoked int      `json:"revoked"`
	IDs     []string `json:"ids"`
}

func (d *Door) revokeSelection(c *door.Call, q issuer.Selection, reason string, dryRun bool) (any, error) {
	ids, err := d.service.RevokeSelected(c.Context(), c.Caller, q, reason, dryRun)
	if err != nil {
		return nil, err
	}
	reply := revokedReply{DryRun: dryRun, Revoked: len(ids), IDs: ids}
	if dryRun {
		reply.Revoked = 0
	}
	return reply, nil
}

// revokeSelected takes back all tokens of an application or of a creator.
func (d *Door) revokeSelected(c *door.Call) (any, error) {
	query, err := door.Parameters(c.Request, "app", "created_by", "reason")
	if err != nil {
		return nil, err
	}
	if err := door.NoBody(c); err != nil {
		return nil, err
	}
	for name, values := range query {
		if values[0] == "" {
			return nil, issuer.Malformed(name+" is empty. Nothing was revoked.", nil)
		}
	}
	q := issuer.Selection{Family: family, Holder: query.Get("app"), Creator: query.Get("created_by")}
	return d.revokeSelection(c, q, query.Get("reason"), false)
}

// prune takes back what was not used for some time.
func (d *Door) prune(c *door.Call) (any, error) {
	var body struct {
		Unused string  `json:"unused"`
		App    *string `json:"app"`
		DryRun bool    `json:"dry_run"`
	}
	if _, err := door.Parameters(c.Request); err != nil {
		return nil, err
	}
	if err := door.Body(c, &body); err != nil {
		return nil, err
	}
	unused, err := door.ParseSpan("unused", body.Unused)
	if err != nil {
		return nil, err
	}
	q := issuer.Selection{Family: family, Unused: unused}
	if body.App != nil {
		if q.Holder = *body.App; q.Holder == "" {
			return nil, issuer.Malformed("app is empty. Nothing was revoked.", nil)
		}
	}
	return d.revokeSelection(c, q, "not used for "+token.After(unused).String(), body.DryRun)
}
