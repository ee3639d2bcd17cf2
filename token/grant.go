package token

import (
	"net/netip"
	"slices"
	"time"
)

// Grant is what a credential allows, once the credential has been checked. It
// holds nothing secret and is never changed after it was made, so it may be
// shared between requests.
type Grant struct {
	// ID names the token; a revocation names it too.
	ID     string
	Family Family
	// Organization that the token was minted in; opaque tokens belong to none.
	Organization string
	// Database of a database token, else empty.
	Database string
	// Group of a group token, else empty. Which databases it reaches is decided
	// at the time of the request, by the catalog.
	Group string
	// Databases narrows a group token to these; empty means the whole group.
	Databases []string
	// ReadAttach lists databases that may be attached for reading. It only adds
	// to what the token reaches, it never narrows.
	ReadAttach []string
	Access     Access
	// Generation of the subject in which the token was minted.
	Generation uint64
	IssuedAt   time.Time
	// ExpiresAt is the first moment at which the token is no longer good; the
	// zero time means never.
	ExpiresAt time.Time
	// KeyID is the id of the key that signed the token, or the record of an opaque one.
	KeyID string

	// What follows is of opaque tokens only, the families Developer and User.

	// Holder is the user of a user token, or the application of a developer token
	// when it names one.
	Holder string
	// Note says what the token is for, in the words of who made it.
	Note string
	// Creator is who made the token: the name of an admin key, or what another
	// system knew them as.
	Creator string
	// Scopes that the token has; nil is an unscoped token, which has them all.
	Scopes []string
	// Networks from which the token may be used; nil is anywhere.
	Networks []netip.Prefix
	// Routes on which the token may be used; nil is all of them.
	Routes []string
}

// Subject is what a rotation must name to retire this token. An opaque token is
// rotated alone, so it is a subject of its own.
func (g *Grant) Subject() Subject {
	name := g.Database
	switch g.Family {
	case Group:
		name = g.Group
	case Developer, User:
		name = g.ID
	}
	return Subject{Family: g.Family, Organization: g.Organization, Name: name}
}

// Expired reports whether the token has ended at now, with leeway for clocks
// that disagree.
func (g *Grant) Expired(now time.Time, leeway time.Duration) bool {
	return !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt.Add(leeway))
}

// Narrowed reports whether a group token is limited to some databases, and
// whether database is among them.
func (g *Grant) Narrowed(database string) (narrowed, included bool) {
	if len(g.Databases) == 0 {
		return false, true
	}
	return true, slices.Contains(g.Databases, database)
}
