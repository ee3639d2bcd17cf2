package issuer

import (
	"fmt"
	"slices"

	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token"
)

// Limits narrow what the holder of an admin key may do. An empty list does not
// narrow.
type Limits struct {
	// Actions: "mint", "rotate", "revoke", "list", "introspect"; the first four for
	// one family only, such as "developer:mint" or "user:revoke"; or in Turso's words
	// "db:mint-token", "group:mint-token", "db:rotate-creds", "group:rotate-creds"
	// (which rotate and revoke) and "read" (which lists).
	Actions []string
	// Organizations by name. A key limited to organizations or groups has no say
	// in developer and user tokens, which belong to none.
	Organizations []string
	// Groups by name, in each of the organizations the key may use. A key limited
	// to groups reaches the databases of these groups only.
	Groups []string
	// Mint bounds the requests that make tokens; the zero rate does not.
	Mint ratelimit.Rate
}

// Principal is someone who was recognized: a name for the audit log, and limits.
type Principal struct {
	name          string
	rights        map[right]bool // nil: all
	organizations []string       // empty: all
	groups        []string       // empty: all
	mint          ratelimit.Rate
}

func newPrincipal(name string, limits Limits) (Principal, error) {
	if !token.ValidName(name) {
		return Principal{}, fmt.Errorf("%q cannot name an admin key: use 1 to %d of a-z, 0-9 and \"-\"", name, token.MaxNameLength)
	}
	for _, n := range slices.Concat(limits.Organizations, limits.Groups) {
		if !token.ValidName(n) {
			return Principal{}, fmt.Errorf("%q cannot name an organization or group", n)
		}
	}
	p := Principal{
		name:          name,
		organizations: slices.Clone(limits.Organizations),
		groups:        slices.Clone(limits.Groups),
		mint:          limits.Mint,
	}
	if err := limits.Mint.Validate(); err != nil {
		return p, fmt.Errorf("limit of minting: %w", err)
	}
	if len(limits.Actions) == 0 {
		return p, nil
	}
	var err error
	p.rights, err = parseRights(limits.Actions)
	return p, err
}

// Name is what the audit log calls the principal.
func (p *Principal) Name() string { return p.name }

// seesOrganization reports whether the principal may know that org exists.
func (p *Principal) seesOrganization(org string) bool {
	return len(p.organizations) == 0 || slices.Contains(p.organizations, org)
}

// seesGroup reports whether the principal may know that the group exists, and
// what is in it.
func (p *Principal) seesGroup(org, group string) bool {
	return p.seesOrganization(org) && (len(p.groups) == 0 || slices.Contains(p.groups, group))
}

func (p *Principal) may(a Action, family token.Family) bool {
	if family.Opaque() && len(p.organizations)+len(p.groups) > 0 {
		return false
	}
	return p.rights == nil || p.rights[right{a, family}]
}

// mayAny reports whether the principal has the right for any family.
func (p *Principal) mayAny(a Action) bool {
	return slices.ContainsFunc(every(a), func(r right) bool { return p.may(a, r.family) })
}
