// Package catalog knows which organizations, groups and databases exist. Both
// wings ask it: minting, whether a subject exists; checking, which databases a
// group token reaches at the time of the request.
package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sekisho-project/sekisho/token"
)

// ErrInvalid reports a catalog that contradicts itself or has a name that
// [token.ValidName] refuses.
var ErrInvalid = errors.New("invalid catalog")

// Catalog is the set of all organizations. It never changes after [New], so it
// may be read by many requests at once.
type Catalog struct {
	organizations map[string]organization
}

type organization struct {
	groups  map[string][]string // group name to its databases, in the order given
	groupOf map[string]string   // database name to its group
}

// New makes an empty catalog; fill it with [Catalog.Add] before sharing it.
func New() *Catalog {
	return &Catalog{organizations: map[string]organization{}}
}

// AddOrganization puts an organization into the catalog, unless it is there.
func (c *Catalog) AddOrganization(org string) error {
	if err := validNames(org); err != nil {
		return err
	}
	if _, ok := c.organizations[org]; !ok {
		c.organizations[org] = organization{groups: map[string][]string{}, groupOf: map[string]string{}}
	}
	return nil
}

// Add puts a group with its databases into an organization. A group or database
// that the organization already has is [ErrInvalid].
func (c *Catalog) Add(org, group string, databases ...string) error {
	if err := errors.Join(c.AddOrganization(org), validNames(group), validNames(databases...)); err != nil {
		return err
	}
	o := c.organizations[org]
	if _, taken := o.groups[group]; taken {
		return fmt.Errorf("%w: group %q stands twice in organization %q", ErrInvalid, group, org)
	}
	for _, db := range databases {
		if other, taken := o.groupOf[db]; taken {
			return fmt.Errorf("%w: database %q is in group %q and cannot be in %q too", ErrInvalid, db, other, group)
		}
		o.groupOf[db] = group
	}
	o.groups[group] = slices.Clone(databases)
	return nil
}

// HasOrganization reports whether org exists.
func (c *Catalog) HasOrganization(org string) bool {
	_, ok := c.organizations[org]
	return ok
}

// GroupOf names the group of a database; ok is false when there is no such database.
func (c *Catalog) GroupOf(org, database string) (group string, ok bool) {
	group, ok = c.organizations[org].groupOf[database]
	return group, ok
}

// Databases lists a group's databases; ok is false when there is no such group.
func (c *Catalog) Databases(org, group string) (databases []string, ok bool) {
	databases, ok = c.organizations[org].groups[group]
	return slices.Clone(databases), ok
}

// Organizations lists all organizations by name.
func (c *Catalog) Organizations() []string {
	return slices.Sorted(maps.Keys(c.organizations))
}

// Groups lists an organization's groups by name.
func (c *Catalog) Groups(org string) []string {
	return slices.Sorted(maps.Keys(c.organizations[org].groups))
}

func validNames(names ...string) error {
	for _, name := range names {
		if !token.ValidName(name) {
			return fmt.Errorf("%w: %q is no valid name: use 1 to %d of a-z, 0-9 and \"-\", no \"-\" at the ends",
				ErrInvalid, name, token.MaxNameLength)
		}
	}
	return nil
}
