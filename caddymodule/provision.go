package caddymodule

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/catalog"
)

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
	if p.DefaultLifetime, err = lifetime("default_lifetime", g.DefaultLifetime); err != nil {
		return p, err
	}
	if p.MaxLifetime, err = lifetime("max_lifetime", g.MaxLifetime); err != nil {
		return p, err
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

// lifetime reads the value of an option, which may be left out.
func lifetime(option, text string) (l token.Expiration, err error) {
	if text == "" {
		return l, nil
	}
	if l, err = token.ParseExpiration(text); err != nil {
		return l, fmt.Errorf("%s %q: %w: write 12h, 90d or never", option, text, err)
	}
	return l, nil
}

// buildFamilies says what opaque tokens look like and how long they may live.
func (a *App) buildFamilies() (err error) {
	if a.developer, err = a.DeveloperTokens.family(token.DefaultDeveloperPrefix); err != nil {
		return fmt.Errorf("developer_tokens: %w", err)
	}
	if a.user, err = a.UserTokens.family(token.DefaultUserPrefix); err != nil {
		return fmt.Errorf("user_tokens: %w", err)
	}
	return issuer.CheckOpaqueFamilies(a.developer, a.user)
}

func (o OpaqueTokens) family(prefix string) (issuer.OpaqueFamily, error) {
	lifetimes := Group{DefaultLifetime: o.DefaultLifetime, MaxLifetime: o.MaxLifetime, ForbidNever: o.ForbidNever}
	policy, err := lifetimes.policy()
	return issuer.OpaqueFamily{Prefix: cmp.Or(o.Prefix, prefix), Policy: policy}, err
}

// buildKeys reads the private keys that the configuration points to.
func (a *App) buildKeys() (err error) {
	if a.staticSigning, err = staticRing(a.SigningKeys); err != nil {
		return fmt.Errorf("signing_key: %w", err)
	}
	if a.staticUpstream, err = staticRing(a.UpstreamKeys); err != nil {
		return fmt.Errorf("upstream_key: %w", err)
	}
	return keyring.CheckApart(a.staticSigning, a.staticUpstream)
}

func staticRing(placeholders []string) (*keyring.Ring, error) {
	if len(placeholders) == 0 {
		return nil, nil
	}
	var pems [][]byte
	for _, p := range placeholders {
		pem, err := expandSecret(p)
		if err != nil {
			return nil, err
		}
		pems = append(pems, []byte(pem))
	}
	return keyring.Static(pems...)
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

func (r *Rate) rate() ratelimit.Rate {
	if r == nil {
		return ratelimit.Rate{}
	}
	return ratelimit.Rate{Requests: r.Requests, Per: time.Duration(r.Per)}
}
