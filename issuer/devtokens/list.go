package devtokens

import (
	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

type listReply struct {
	Tokens []view  `json:"tokens"`
	Next   *string `json:"next"`
}

func (d *Door) list(c *door.Call) (any, error) {
	query, err := door.Parameters(c.Request, "app", "created_by", "status", "unused", "limit", "cursor")
	if err != nil {
		return nil, err
	}
	q := issuer.Selection{Family: family, Holder: query.Get("app"), Creator: query.Get("created_by")}
	if q.Status, err = door.Status(query); err != nil {
		return nil, err
	}
	if q.Unused, err = door.Span(query, "unused"); err != nil {
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
	reply := listReply{Tokens: make([]view, len(tokens))}
	for i := range tokens {
		reply.Tokens[i] = viewOf(&tokens[i].Record, tokens[i].Status)
	}
	if next != "" {
		reply.Next = &next
	}
	return reply, nil
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
