package turso

import (
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

// listedToken is a token in a list: everything about it but the token.
type listedToken struct {
	ID            string        `json:"id"`
	Organization  string        `json:"organization"`
	Database      string        `json:"database,omitempty"`
	Group         string        `json:"group,omitempty"`
	Status        issuer.Status `json:"status"`
	Authorization token.Access  `json:"authorization"`
	Databases     []string      `json:"databases"`
	ReadAttach    []string      `json:"read_attach"`
	CreatedAt     time.Time     `json:"created_at"`
	CreatedBy     string        `json:"created_by"`
	ExpiresAt     *time.Time    `json:"expires_at"`
	GraceUntil    *time.Time    `json:"grace_until,omitzero"`
	RevokedAt     *time.Time    `json:"revoked_at"`
	RevokedBy     string        `json:"revoked_by,omitempty"`
	Reason        string        `json:"reason,omitempty"`
	KeyID         string        `json:"key_id"`
}

type listReply struct {
	Tokens []listedToken `json:"tokens"`
	Next   *string       `json:"next"`
}

func (d *Door) list(c *door.Call) (any, error) {
	subject, err := d.subject(c)
	if err != nil {
		return nil, err
	}
	query, err := door.Parameters(c.Request, "limit", "cursor")
	if err != nil {
		return nil, err
	}
	page, err := door.Page(query)
	if err != nil {
		return nil, err
	}
	tokens, next, err := d.service.List(c.Context(), c.Caller, issuer.ListRequest{Subject: subject, Page: page})
	if err != nil {
		return nil, err
	}
	reply := listReply{Tokens: door.Views(tokens, listed)}
	if next != "" {
		reply.Next = &next
	}
	return reply, nil
}

func listed(t *issuer.Listed) listedToken {
	g := t.Grant()
	return listedToken{
		ID: t.ID, Organization: g.Organization, Database: g.Database, Group: g.Group,
		Status: t.Status, Authorization: t.Access, Databases: t.Databases, ReadAttach: t.ReadAttach,
		CreatedAt: t.CreatedAt.UTC(), CreatedBy: t.CreatedBy, ExpiresAt: door.Optional(t.ExpiresAt), GraceUntil: door.Optional(t.GraceUntil),
		RevokedAt: door.Optional(t.RevokedAt), RevokedBy: t.RevokedBy, Reason: t.Reason, KeyID: t.KeyID,
	}
}

type revokeReply struct {
	ID        string     `json:"id"`
	RevokedAt time.Time  `json:"revoked_at"`
	RevokedBy string     `json:"revoked_by"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func (d *Door) revoke(c *door.Call) (any, error) {
	subject, err := d.subject(c)
	if err != nil {
		return nil, err
	}
	query, err := door.Parameters(c.Request, "reason")
	if err != nil {
		return nil, err
	}
	if err := door.NoBody(c); err != nil {
		return nil, err
	}
	record, err := d.service.Revoke(c.Context(), c.Caller, issuer.RevokeRequest{
		Subject: subject, ID: c.Names["id"], Reason: query.Get("reason"),
	})
	if err != nil {
		return nil, err
	}
	return revokeReply{
		ID: record.ID, RevokedAt: record.RevokedAt.UTC(), RevokedBy: record.RevokedBy, ExpiresAt: door.Optional(record.ExpiresAt),
	}, nil
}
