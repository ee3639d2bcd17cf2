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
	q := issuer.Selection{Holder: query.Get("app"), Creator: query.Get("created_by")}
	if q.Unused, err = door.Span(query, "unused"); err != nil {
		return nil, err
	}
	tokens, next, err := d.tokens.List(c, query, q)
	if err != nil {
		return nil, err
	}
	reply := listReply{Tokens: door.Views(tokens, viewOf)}
	if next != "" {
		reply.Next = &next
	}
	return reply, nil
}

func (d *Door) info(c *door.Call) (any, error) {
	listed, err := d.tokens.Show(c)
	if err != nil {
		return nil, err
	}
	return viewOf(listed), nil
}
