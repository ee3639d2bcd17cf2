package caddymodule

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/catalog"
)

// AdminKey is a credential that may mint, rotate, revoke and list tokens.
type AdminKey struct {
	// What the audit log calls the holder of this key. Required.
	Name string `json:"name"`

	// The key itself, as a placeholder: `{env.SEKISHO_ADMIN_KEY}` or
	// `{file./run/secrets/admin_key}`. At least 16 bytes. A key written out here
	// is refused, because it could be read back at `/config/`. Required.
	Secret string `json:"secret"`

	// What the key may do: `mint`, `rotate`, `revoke`, `list`, `introspect`; `developer:mint`
	// and the like for one kind of tokens. Default: everything.
	Actions []string `json:"actions,omitempty"`

	// The organizations that the key may act in. Default: all.
	Organizations []string `json:"organizations,omitempty"`

	// The groups that the key may act in. Default: all.
	Groups []string `json:"groups,omitempty"`

	// How many requests that make tokens the key may send, to all nodes together.
	// Default: no limit.
	MintLimit *Rate `json:"mint_limit,omitempty"`
}

// Organization has groups of databases.
type Organization struct {
	// The name in paths and tokens: a-z, 0-9 and "-". Required.
	Name string `json:"name"`

	// The groups of the organization.
	Groups []Group `json:"groups,omitempty"`
}

// Group has databases, and a policy for the tokens of all of them.
type Group struct {
	// The name in paths and tokens: a-z, 0-9 and "-". Required.
	Name string `json:"name"`

	// The databases of the group. A name here is the namespace at the libSQL server.
	Databases []string `json:"databases,omitempty"`

	// How long a token lives whose request names no expiration, such as `30d`.
	// Default: the maximum, else never.
	DefaultLifetime string `json:"default_lifetime,omitempty"`

	// The longest life that a request may ask for, such as `90d`. A request for
	// more is refused, never cut short. Default: no limit.
	MaxLifetime string `json:"max_lifetime,omitempty"`

	// Whether tokens without an end are refused. Default: false.
	ForbidNever bool `json:"forbid_never,omitempty"`

	// The access of a token whose request names none: `full-access` or
	// `read-only`. Default: full-access.
	DefaultAccess string `json:"default_access,omitempty"`

	// The most access that a request may ask for: `read-only` refuses full access
	// to this group. Default: full-access.
	MaxAccess string `json:"max_access,omitempty"`
}

// OpaqueTokens is what the opaque tokens of a family look like and how long they live.
type OpaqueTokens struct {
	// What every token begins with, so that people and secret scanners know it.
	// Default: `jt` for developer tokens, `token` for user tokens.
	Prefix string `json:"prefix,omitempty"`

	// How long a token lives whose request names no expiration. Default: the
	// maximum, else never.
	DefaultLifetime string `json:"default_lifetime,omitempty"`

	// The longest life that a request may ask for. Default: no limit.
	MaxLifetime string `json:"max_lifetime,omitempty"`

	// Whether tokens without an end are refused. Default: false.
	ForbidNever bool `json:"forbid_never,omitempty"`
}

func (o OpaqueTokens) family(prefix string) (issuer.OpaqueFamily, error) {
	lifetimes := Group{DefaultLifetime: o.DefaultLifetime, MaxLifetime: o.MaxLifetime, ForbidNever: o.ForbidNever}
	policy, err := lifetimes.policy()
	return issuer.OpaqueFamily{Prefix: cmp.Or(o.Prefix, prefix), Policy: policy}, err
}

// buildCatalog lists what the configuration says exists.
func (a *App) buildCatalog() (*catalog.Catalog, error) {
	c := catalog.New()
	for _, org := range a.Organizations {
		if err := c.AddOrganization(org.Name); err != nil {
			return nil, err
		}
		for _, group := range org.Groups {
			if err := c.Add(org.Name, group.Name, group.Databases...); err != nil {
				return nil, fmt.Errorf("organization %s: %w", org.Name, err)
			}
		}
	}
	return c, nil
}

// buildPolicies reads the policy of every group.
func (a *App) buildPolicies() (issuer.Policies, error) {
	policies := issuer.Policies{}
	for _, org := range a.Organizations {
		for _, group := range org.Groups {
			policy, err := group.policy()
			if err != nil {
				return nil, fmt.Errorf("organization %s, group %s: %w", org.Name, group.Name, err)
			}
			policies.Set(org.Name, group.Name, policy)
		}
	}
	return policies, nil
}

func (g Group) policy() (issuer.Policy, error) {
	p := issuer.Policy{ForbidNever: g.ForbidNever}
	var err error
	if g.DefaultLifetime != "" {
		if p.DefaultLifetime, err = token.ParseExpiration(g.DefaultLifetime); err != nil {
			return p, fmt.Errorf("default_lifetime %q: %w", g.DefaultLifetime, err)
		}
	}
	if g.MaxLifetime != "" {
		if p.MaxLifetime, err = token.ParseExpiration(g.MaxLifetime); err != nil {
			return p, fmt.Errorf("max_lifetime %q: %w", g.MaxLifetime, err)
		}
	}
	if g.DefaultAccess != "" {
		if p.DefaultAccess, err = token.ParseAccess(g.DefaultAccess); err != nil {
			return p, fmt.Errorf("default_access %q: %w", g.DefaultAccess, err)
		}
	}
	if g.MaxAccess != "" {
		if p.MaxAccess, err = token.ParseAccess(g.MaxAccess); err != nil {
			return p, fmt.Errorf("max_access %q: %w", g.MaxAccess, err)
		}
	}
	return p, p.Validate()
}

// errNoAdminKey says what to do, because nothing can be minted without a key.
var errNoAdminKey = errors.New("no admin_key: nobody could mint or revoke; add `admin_key ops {env.SEKISHO_ADMIN_KEY}` " +
	"and set that variable to a secret of your own (for example from `openssl rand -hex 32`)")

// buildAdminKeys expands the secrets and keeps nothing but their digests.
func (a *App) buildAdminKeys() ([]*issuer.AdminKey, error) {
	if len(a.AdminKeys) == 0 {
		return nil, errNoAdminKey
	}
	var keys []*issuer.AdminKey
	for _, k := range a.AdminKeys {
		if k.Name == localName {
			return nil, fmt.Errorf("admin_key %s: in the audit log this is whoever used the commands; take another name", k.Name)
		}
		if err := checkReach(a.catalog, k); err != nil {
			return nil, fmt.Errorf("admin_key %s: %w", k.Name, err)
		}
		secret, err := expandSecret(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("admin_key %s: %w", k.Name, err)
		}
		key, err := issuer.NewAdminKey(k.Name, secret, issuer.Limits{
			Actions: k.Actions, Organizations: k.Organizations, Groups: k.Groups, Mint: k.MintLimit.rate(),
		})
		if err != nil {
			return nil, fmt.Errorf("admin_key %s: %w", k.Name, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
