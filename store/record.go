package store

import (
	"crypto/sha256"
	"net/netip"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// Record is what is remembered of a minted token. It never holds the token.
type Record struct {
	ID           string
	Family       token.Family
	Organization string
	Name         string // of the subject
	Access       token.Access
	Databases    []string // a group token is narrowed to these
	ReadAttach   []string
	Generation   uint64
	KeyID        string // of the key that signed the record, and the token if that is a JWT
	Note         string // for people
	CreatedAt    time.Time
	CreatedBy    string    // name of the admin key, or who it was in the system it came from
	ExpiresAt    time.Time // zero: never
	RevokedAt    time.Time // zero: not revoked
	RevokedBy    string
	Reason       string // of the revocation
	Signature    []byte // of the Statement, for [SigningPurpose]

	// What follows is of opaque tokens only, which have no Organization, Name,
	// Databases, ReadAttach or Generation.

	Digest     [sha256.Size]byte // of the credential, as token.OpaqueDigest has it
	Hint       string            // end of the credential, to be shown; may be empty
	Holder     string            // user, or application; may be empty for the latter
	Scopes     []string          // nil: unscoped
	Networks   []netip.Prefix    // nil: anywhere
	Routes     []string          // nil: all
	LastUsedAt time.Time         // zero: never, as far as is known
	RotatedTo  string            // id of the token that takes its place
	GraceUntil time.Time         // when a rotated token ends, unless it was to end sooner
}

// Subject is what a rotation must name to retire the token: what it was minted
// for, or the opaque token itself.
func (r *Record) Subject() token.Subject {
	if r.Family.Opaque() {
		return token.Subject{Family: r.Family, Name: r.ID}
	}
	return token.Subject{Family: r.Family, Organization: r.Organization, Name: r.Name}
}

// Ends is when the token ends of itself: as it was minted, or when a rotation's
// grace is over. It is the zero time for never.
func (r *Record) Ends() time.Time {
	if r.ExpiresAt.IsZero() || !r.GraceUntil.IsZero() && r.GraceUntil.Before(r.ExpiresAt) {
		return r.GraceUntil
	}
	return r.ExpiresAt
}

// Grant is what the token allows, unless it was taken back.
func (r *Record) Grant() *token.Grant {
	g := &token.Grant{
		ID: r.ID, Family: r.Family, Organization: r.Organization, Databases: r.Databases, ReadAttach: r.ReadAttach,
		Access: r.Access, Generation: r.Generation, IssuedAt: r.CreatedAt, ExpiresAt: r.Ends(), KeyID: r.KeyID,
		Holder: r.Holder, Note: r.Note, Creator: r.CreatedBy, Scopes: r.Scopes, Networks: r.Networks, Routes: r.Routes,
	}
	switch r.Family {
	case token.Group:
		g.Group = r.Name
	case token.Database:
		g.Database = r.Name
	}
	return g
}

// How long a record is kept once its token is of no more use.
const (
	KeepExpired = 30 * 24 * time.Hour
	KeepRevoked = 365 * 24 * time.Hour // tokens without expiry
)

// forgetAt is when the record may be forgotten: [KeepExpired] after the token
// ended, or [KeepRevoked] after a token without expiry was revoked. It is the
// zero time while nobody can say.
func (r *Record) forgetAt() time.Time {
	switch ends := r.Ends(); {
	case !ends.IsZero():
		return ends.Add(KeepExpired)
	case !r.RevokedAt.IsZero():
		return r.RevokedAt.Add(KeepRevoked)
	default:
		return time.Time{}
	}
}
