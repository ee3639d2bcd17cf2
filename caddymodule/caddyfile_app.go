package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("sekisho", parseGlobalOption)
}

func parseGlobalOption(d *caddyfile.Dispenser, existing any) (any, error) {
	if existing != nil {
		d.Next() // so that the error has a line
		return nil, d.Err("the sekisho option stands twice")
	}
	app := new(App)
	if err := app.UnmarshalCaddyfile(d); err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "sekisho", Value: caddyconfig.JSON(app, nil)}, nil
}

// UnmarshalCaddyfile sets up the app from Caddyfile tokens. Syntax:
//
//	sekisho {
//		store embedded [<directory>]
//		store <url>... {
//			username          <name or placeholder>
//			password          <placeholder>
//			sentinel_username <name or placeholder>
//			sentinel_password <placeholder>
//			prefix            <key prefix>
//			timeout           <duration>
//			wait_replicas     <number> [<duration>]
//			strict
//		}
//		admin_key <name> <placeholder> {
//			actions       mint|rotate|revoke|list...
//			organizations <name>...
//			groups        <name>...
//			mint_limit    <requests> <duration>
//		}
//		developer_tokens|user_tokens {
//			prefix           <word>
//			default_lifetime <lifetime>
//			max_lifetime     <lifetime>
//			forbid_never
//		}
//		signing_key   <placeholder>...
//		upstream_key  <placeholder>...
//		max_staleness <duration>
//		token_cache   <entries> [<size>]
//		database_host <template>
//		organization <name> {
//			group <name> {
//				database         <name>...
//				default_lifetime <lifetime>
//				max_lifetime     <lifetime>
//				forbid_never
//				default_access   full-access|read-only
//				max_access       full-access|read-only
//			}
//		}
//	}
func (a *App) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the option's name
	if d.NextArg() {
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		if err := a.unmarshalOption(d); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) unmarshalOption(d *caddyfile.Dispenser) error {
	switch d.Val() {
	case "store":
		if a.Store != nil {
			return d.Err("store stands twice; give several addresses in one line")
		}
		a.Store = new(Store)
		return a.Store.unmarshal(d)
	case "admin_key":
		return a.unmarshalAdminKey(d)
	case "organization":
		return a.unmarshalOrganization(d)
	case "developer_tokens":
		return a.DeveloperTokens.unmarshal(d)
	case "user_tokens":
		return a.UserTokens.unmarshal(d)
	case "signing_key":
		return remaining(d, &a.SigningKeys)
	case "upstream_key":
		return remaining(d, &a.UpstreamKeys)
	case "max_staleness":
		return duration(d, &a.MaxStaleness)
	case "token_cache":
		return a.TokenCache.unmarshal(d)
	case "database_host":
		return single(d, &a.DatabaseHost)
	default:
		return d.Errf("unrecognized option '%s' in sekisho", d.Val())
	}
}

func (a *App) unmarshalAdminKey(d *caddyfile.Dispenser) error {
	var key AdminKey
	if !d.AllArgs(&key.Name, &key.Secret) {
		return d.Err("admin_key takes a name and where its secret is: admin_key ops {env.SEKISHO_ADMIN_KEY}")
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		var err error
		switch d.Val() {
		case "actions":
			err = remaining(d, &key.Actions)
		case "organizations", "organization":
			err = remaining(d, &key.Organizations)
		case "groups", "group":
			err = remaining(d, &key.Groups)
		case "mint_limit":
			err = limit(d, &key.MintLimit)
		default:
			err = d.Errf("unrecognized option '%s' in admin_key", d.Val())
		}
		if err != nil {
			return err
		}
	}
	a.AdminKeys = append(a.AdminKeys, key)
	return nil
}

func (a *App) unmarshalOrganization(d *caddyfile.Dispenser) error {
	var org Organization
	if err := single(d, &org.Name); err != nil {
		return err
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if d.Val() != "group" {
			return d.Errf("unrecognized option '%s' in organization", d.Val())
		}
		var group Group
		if err := group.unmarshal(d); err != nil {
			return err
		}
		org.Groups = append(org.Groups, group)
	}
	a.Organizations = append(a.Organizations, org)
	return nil
}

func (o *OpaqueTokens) unmarshal(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		var err error
		switch d.Val() {
		case "prefix":
			err = single(d, &o.Prefix)
		case "default_lifetime":
			err = single(d, &o.DefaultLifetime)
		case "max_lifetime":
			err = single(d, &o.MaxLifetime)
		case "forbid_never":
			err = flag(d, &o.ForbidNever)
		default:
			return d.Errf("unrecognized option '%s' for tokens", d.Val())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Group) unmarshal(d *caddyfile.Dispenser) error {
	if err := single(d, &g.Name); err != nil {
		return err
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		var err error
		switch d.Val() {
		case "database", "databases":
			err = remaining(d, &g.Databases)
		case "default_lifetime":
			err = single(d, &g.DefaultLifetime)
		case "max_lifetime":
			err = single(d, &g.MaxLifetime)
		case "default_access":
			err = single(d, &g.DefaultAccess)
		case "max_access":
			err = single(d, &g.MaxAccess)
		case "forbid_never":
			err = flag(d, &g.ForbidNever)
		default:
			return d.Errf("unrecognized option '%s' in group", d.Val())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var _ caddyfile.Unmarshaler = (*App)(nil)
