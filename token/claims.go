package token

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// Issuer is the "iss" claim of every JWT that is minted here.
const Issuer = "sekisho"

// ErrClaims reports a JWT payload that is not exactly what we mint: a claim
// that is missing, unknown, written twice, of another type, or at odds with another.
var ErrClaims = errors.New("malformed claims")

// Claims is the payload of a database or group token. All rights stand in
// Permissions, in the shape that libSQL has for them, so that a token cannot say
// one thing to us and another to whoever else reads it.
type Claims struct {
	Issuer       string      `json:"iss"`
	ID           string      `json:"jti"`
	IssuedAt     NumericDate `json:"iat"`
	ExpiresAt    NumericDate `json:"exp,omitzero"` // absent: never
	Family       Family      `json:"fam"`
	Organization string      `json:"org"`
	Group        string      `json:"group,omitzero"` // group tokens only
	Generation   uint64      `json:"gen"`
	Permissions  Permissions `json:"p"`
}

// Permissions are the rights of a token: exactly one of ReadWrite and ReadOnly,
// and what may be attached beside it.
type Permissions struct {
	ReadWrite  *Reach `json:"rw,omitzero"`
	ReadOnly   *Reach `json:"ro,omitzero"`
	ReadAttach *Reach `json:"roa,omitzero"`
}

// Reach lists databases by name, or all databases of a group by its tag.
type Reach struct {
	Namespaces []string `json:"ns,omitempty"`
	Tags       []string `json:"tags,omitempty"`
}

// NewClaims writes a grant of the families [Database] and [Group] as claims.
func NewClaims(g *Grant) Claims {
	c := Claims{
		Issuer: Issuer, ID: g.ID, Family: g.Family, Organization: g.Organization,
		Group: g.Group, Generation: g.Generation, IssuedAt: NumericDate(g.IssuedAt.Unix()),
	}
	if !g.ExpiresAt.IsZero() {
		c.ExpiresAt = NumericDate(g.ExpiresAt.Unix())
	}
	reach := &Reach{Namespaces: g.Databases}
	switch {
	case g.Family == Database:
		reach = &Reach{Namespaces: []string{g.Database}}
	case len(g.Databases) == 0:
		reach = &Reach{Tags: []string{g.Group}}
	}
	if g.Access == FullAccess {
		c.Permissions.ReadWrite = reach
	} else {
		c.Permissions.ReadOnly = reach
	}
	if len(g.ReadAttach) > 0 {
		c.Permissions.ReadAttach = &Reach{Namespaces: g.ReadAttach}
	}
	return c
}

// DecodeClaims reads a payload strictly: names are case-sensitive, and unknown
// or repeated ones are refused, as is anything that is not UTF-8.
func DecodeClaims(payload []byte) (Claims, error) {
	var c Claims
	if err := json.Unmarshal(payload, &c, json.RejectUnknownMembers(true)); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrClaims, err)
	}
	return c, nil
}

// Grant reads what the token says that it grants, strictly, as [DecodeClaims] does:
// its claims must be complete and agree with each other. It looks neither at the
// signature nor at the clock.
func (j *JWT) Grant() (*Grant, error) {
	c, err := DecodeClaims(j.Payload)
	if err != nil {
		return nil, err
	}
	return c.grant(j.KeyID)
}

func (c *Claims) grant(keyID string) (*Grant, error) {
	g := &Grant{
		ID: c.ID, Family: c.Family, Organization: c.Organization, Group: c.Group,
		Generation: c.Generation, IssuedAt: time.Unix(int64(c.IssuedAt), 0), KeyID: keyID,
	}
	if c.Issuer != Issuer || !ValidID(c.ID) || !ValidName(c.Organization) || c.IssuedAt == 0 {
		return nil, fmt.Errorf("%w: issuer, id, organization or times", ErrClaims)
	}
	if c.ExpiresAt > 0 {
		g.ExpiresAt = time.Unix(int64(c.ExpiresAt), 0)
	}
	reach := c.Permissions.ReadWrite
	g.Access = FullAccess
	if reach == nil {
		reach, g.Access = c.Permissions.ReadOnly, ReadOnly
	} else if c.Permissions.ReadOnly != nil {
		return nil, fmt.Errorf("%w: both rw and ro", ErrClaims)
	}
	if reach == nil {
		return nil, fmt.Errorf("%w: neither rw nor ro", ErrClaims)
	}
	if err := g.setReach(reach); err != nil {
		return nil, err
	}
	if attach := c.Permissions.ReadAttach; attach != nil {
		if len(attach.Tags) > 0 || !validNames(attach.Namespaces) {
			return nil, fmt.Errorf("%w: roa", ErrClaims)
		}
		g.ReadAttach = attach.Namespaces
	}
	return g, nil
}

// setReach fills in what the grant covers from its one list of databases.
func (g *Grant) setReach(r *Reach) error {
	switch g.Family {
	case Database:
		if g.Group != "" || len(r.Tags) > 0 || len(r.Namespaces) != 1 || !ValidName(r.Namespaces[0]) {
			return fmt.Errorf("%w: a database token names exactly one database", ErrClaims)
		}
		g.Database = r.Namespaces[0]
	case Group:
		whole := len(r.Namespaces) == 0 && slices.Equal(r.Tags, []string{g.Group})
		some := len(r.Tags) == 0 && validNames(r.Namespaces)
		if !ValidName(g.Group) || whole == some {
			return fmt.Errorf("%w: a group token names its group, or databases of it", ErrClaims)
		}
		g.Databases = r.Namespaces
	default:
		return fmt.Errorf("%w: family %q is not written as a JWT", ErrClaims, g.Family)
	}
	return nil
}

func validNames(names []string) bool {
	return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !ValidName(n) })
}
