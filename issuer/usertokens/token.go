package usertokens

import (
	"net/netip"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token"
)

// view is a token as clients know it, and what they may ignore behind that.
type view struct {
	ID        string   `json:"id"`
	Token     string   `json:"token"` // masked, but in the reply that creates it
	UserID    string   `json:"userId"`
	Scopes    []string `json:"scopes"`
	CreatedAt moment   `json:"createdAt"`
	ExpiresAt moment   `json:"expiresAt"`

	Access     token.Access   `json:"authorization"`
	Note       string         `json:"note,omitzero"`
	Networks   []netip.Prefix `json:"networks,omitempty"`
	Routes     []string       `json:"routes,omitempty"`
	Status     issuer.Status  `json:"status"`
	CreatedBy  string         `json:"createdBy"`
	LastUsedAt *moment        `json:"lastUsedAt"`
	RevokedAt  *moment        `json:"revokedAt,omitzero"`
	RotatedTo  string         `json:"rotatedTo,omitzero"`
	GraceUntil *moment        `json:"graceUntil,omitzero"`
	Replaces   string         `json:"replaces,omitzero"`
}

func viewOf(r *issuer.Listed) view {
	return view{
		ID: r.ID, Token: token.MaskOpaque(r.ID, r.Hint), UserID: r.Holder, Scopes: r.Scopes,
		CreatedAt: moment(r.CreatedAt), ExpiresAt: moment(r.ExpiresAt),
		Access: r.Access, Note: r.Note, Networks: r.Networks, Routes: r.Routes, Status: r.Status, CreatedBy: r.CreatedBy,
		LastUsedAt: optional(r.LastUsedAt), RevokedAt: optional(r.RevokedAt), RotatedTo: r.RotatedTo, GraceUntil: optional(r.GraceUntil),
	}
}

func createdOf(m *issuer.MintedOpaque) view {
	v := viewOf(&issuer.Listed{Record: m.Record, Status: issuer.StatusActive})
	v.Token = m.Credential
	return v
}

// moment is a time as JavaScript's toISOString writes it: UTC, with milliseconds.
type moment time.Time

// MarshalText implements [encoding.TextMarshaler].
func (m moment) MarshalText() ([]byte, error) {
	return time.Time(m).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z"), nil
}

func optional(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	m := moment(t)
	return &m
}
