package caddymodule

import (
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

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
			err = rate(d, &key.MintLimit)
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

// unmarshal reads
//
//	token_cache <entries> [<size>]
func (o *TokenCache) unmarshal(d *caddyfile.Dispenser) (err error) {
	if !d.NextArg() {
		return d.ArgErr()
	}
	if o.Entries, err = strconv.Atoi(d.Val()); err != nil || o.Entries < 1 {
		return d.Err("token_cache takes a number of tokens and a size: token_cache 100000 128MiB")
	}
	if d.CountRemainingArgs() == 0 {
		return nil
	}
	return size(d, &o.MaxBytes)
}
