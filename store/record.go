package store

import (
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
	KeyID        string
	Label        string // a note for people
	CreatedAt    time.Time
	CreatedBy    string    // name of the admin key
	ExpiresAt    time.Time // zero: never
	RevokedAt    time.Time // zero: not revoked
	RevokedBy    string
	Reason       string // of the revocation
}

// Subject is what the token was minted for.
func (r *Record) Subject() token.Subject {
	return token.Subject{Family: r.Family, Organization: r.Organization, Name: r.Name}
}

// How long a record is kept once its token is of no more use.
const (
	KeepExpired = 30 * 24 * time.Hour
	KeepRevoked = 365 * 24 * time.Hour // tokens without expiry
)

// ForgetAt is when the record may be forgotten: [KeepExpired] after the token
// expired, or [KeepRevoked] after a token without expiry was revoked. It is the
// zero time while nobody can say.
func (r *Record) ForgetAt() time.Time {
	switch {
	case !r.ExpiresAt.IsZero():
		return r.ExpiresAt.Add(KeepExpired)
	case !r.RevokedAt.IsZero():
		return r.RevokedAt.Add(KeepRevoked)
	default:
		return time.Time{}
	}
}
