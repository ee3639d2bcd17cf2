package devtokens

import (
	"net/netip"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

// view is a token as it is shown: everything about it but the credential.
type view struct {
	ID         string         `json:"id"`
	Token      string         `json:"token"` // masked, but in the reply that creates it
	Note       string         `json:"note"`
	CreatedAt  time.Time      `json:"created_at"`
	CreatedBy  string         `json:"created_by"`
	ExpiresAt  *time.Time     `json:"expires_at"`
	Status     issuer.Status  `json:"status"`
	LastUsed   *time.Time     `json:"last_used"`
	App        string         `json:"app,omitzero"`
	Access     token.Access   `json:"authorization"`
	Scopes     []string       `json:"scopes,omitempty"`
	Networks   []netip.Prefix `json:"networks,omitempty"`
	Routes     []string       `json:"routes,omitempty"`
	RevokedAt  *time.Time     `json:"revoked_at,omitzero"`
	RevokedBy  string         `json:"revoked_by,omitzero"`
	Reason     string         `json:"reason,omitzero"`
	RotatedTo  string         `json:"rotated_to,omitzero"`
	GraceUntil *time.Time     `json:"grace_until,omitzero"`
}

func viewOf(r *issuer.Listed) view {
	return view{
		ID: r.ID, Token: token.MaskOpaque(r.ID, r.Hint), Note: r.Note, CreatedAt: r.CreatedAt.UTC(), CreatedBy: r.CreatedBy,
		ExpiresAt: door.Optional(r.ExpiresAt), Status: r.Status, LastUsed: door.Optional(r.LastUsedAt), App: r.Holder, Access: r.Access,
		Scopes: r.Scopes, Networks: r.Networks, Routes: r.Routes,
		RevokedAt: door.Optional(r.RevokedAt), RevokedBy: r.RevokedBy, Reason: r.Reason,
		RotatedTo: r.RotatedTo, GraceUntil: door.Optional(r.GraceUntil),
	}
}

// created is a new token, with its secret.
type created struct {
	view
	Replaces string   `json:"replaces,omitzero"`
	Warnings []string `json:"warnings"`
}

func createdOf(m *issuer.MintedOpaque) created {
	c := created{view: viewOf(&issuer.Listed{Record: m.Record, Status: issuer.StatusActive}), Warnings: []string{}}
	c.Token = m.Credential
	if m.Record.ExpiresAt.IsZero() {
		c.Warnings = append(c.Warnings, "This token never expires. Name an expiration, or take it back when it is no longer used.")
	}
	if m.Record.Scopes == nil {
		c.Warnings = append(c.Warnings, "This token has no scopes, so it may do everything that a route allows to any token.")
	}
	return c
}
