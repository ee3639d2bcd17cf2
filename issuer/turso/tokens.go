package turso

import (
	"strconv"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// maxReason bounds the reason of a revocation, in bytes.
const maxReason = 200

// listedToken is a token in a list: everything about it but the token.
type listedToken struct {
	ID            string        `json:"id"`
	Status        issuer.Status `json:"status"`
	Authorization token.Access  `json:"authorization"`
	Databases     []string      `json:"databases"`
	ReadAttach    []string      `json:"read_attach"`
	CreatedAt     time.Time     `json:"created_at"`
	CreatedBy     string        `json:"created_by"`
	ExpiresAt     *time.Time    `json:"expires_at"`
	RevokedAt     *time.Time    `json:"revoked_at"`
	RevokedBy     string        `json:"revoked_by,omitempty"`
	Reason        string        `json:"reason,omitempty"`
	KeyID         string        `json:"key_id"`
}

type listReply struct {
	Tokens []listedToken `json:"tokens"`
	Next   *string       `json:"next"`
}

func (d *Door) list(c *call) (any, error) {
	subject, err := d.subject(c)
	if err != nil {
		return nil, err
	}
	query, err := parameters(c.Request, "limit", "cursor")
	if err != nil {
		return nil, err
	}
	page := store.Page{Cursor: query.Get("cursor")}
	if query.Has("limit") {
		page.Limit, err = strconv.Atoi(query.Get("limit"))
		if err != nil || page.Limit < 1 || page.Limit > store.MaxPage {
			return nil, issuer.Malformed("limit must be a number from 1 to "+strconv.Itoa(store.MaxPage)+".", nil)
		}
	}
	tokens, next, err := d.service.List(c.Context(), c.Caller, issuer.ListRequest{Subject: subject, Page: page})
	if err != nil {
		return nil, err
	}
	var reply listReply
	for i := range tokens {
		reply.Tokens = append(reply.Tokens, listed(&tokens[i]))
	}
	if next != "" {
		reply.Next = &next
	}
	return reply, nil
}

func listed(t *issuer.Listed) listedToken {
	return listedToken{
		ID: t.ID, Status: t.Status, Authorization: t.Access, Databases: t.Databases, ReadAttach: t.ReadAttach,
		CreatedAt: t.CreatedAt.UTC(), CreatedBy: t.CreatedBy, ExpiresAt: optional(t.ExpiresAt),
		RevokedAt: optional(t.RevokedAt), RevokedBy: t.RevokedBy, Reason: t.Reason, KeyID: t.KeyID,
	}
}

type revokeReply struct {
	ID        string     `json:"id"`
	RevokedAt time.Time  `json:"revoked_at"`
	RevokedBy string     `json:"revoked_by"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func (d *Door) revoke(c *call) (any, error) {
	subject, err := d.subject(c)
	if err != nil {
		return nil, err
	}
	query, err := parameters(c.Request, "reason")
	if err != nil {
		return nil, err
	}
	if err := noBody(c); err != nil {
		return nil, err
	}
	reason := query.Get("reason")
	if len(reason) > maxReason {
		return nil, issuer.Malformed("reason may have "+strconv.Itoa(maxReason)+" bytes at most.", nil)
	}
	record, err := d.service.Revoke(c.Context(), c.Caller, issuer.RevokeRequest{Subject: subject, ID: c.names["id"], Reason: reason})
	if err != nil {
		return nil, err
	}
	return revokeReply{
		ID: record.ID, RevokedAt: record.RevokedAt.UTC(), RevokedBy: record.RevokedBy, ExpiresAt: optional(record.ExpiresAt),
	}, nil
}
