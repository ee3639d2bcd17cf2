package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/sekisho-project/sekisho/token"
)

// UnmarshalCaddyfile sets up the upstream from Caddyfile tokens. Syntax:
//
//	require_token [<matcher>] api {
//		scope             <scope> <method>...|*
//		read_only_methods <method>...
//		families          developer|user|database|group...
//		rate_limit        <requests> <duration>
//		failure_limit     <requests> <duration>
//		allow_anonymous
//		graphql
//		forward_credential
//		on_stale          deny|allow
//	}
//
// The scope lines are read from the top: the first whose methods match decides.
func (u *API) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the kind
	if err := kindAlone(d); err != nil {
		return err
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := u.unmarshalOption(d); err != nil {
			return err
		}
	}
	return nil
}

func (u *API) unmarshalOption(d *caddyfile.Dispenser) error {
	switch d.Val() {
	case "scope":
		args := d.RemainingArgs()
		if len(args) < 2 {
			return d.Err("scope takes the scope and the methods that need it: scope read GET HEAD")
		}
		u.Scopes = append(u.Scopes, Scope{Scope: args[0], Methods: args[1:]})
		return nil
	case "read_only_methods":
		return remaining(d, &u.ReadOnlyMethods)
	case "families":
		args := d.RemainingArgs()
		if len(args) == 0 {
			return d.ArgErr()
		}
		for _, arg := range args {
			u.Families = append(u.Families, token.Family(arg))
		}
		return nil
	case "rate_limit":
		return rate(d, &u.RateLimit)
	case "failure_limit":
		return rate(d, &u.FailureLimit)
	case "allow_anonymous":
		return flag(d, &u.AllowAnonymous)
	case "graphql":
		return flag(d, &u.GraphQL)
	case "on_stale":
		return single(d, &u.OnStale)
	case "forward_credential":
		return flag(d, &u.ForwardCredential)
	default:
		return d.Errf("unrecognized option '%s' in api", d.Val())
	}
}

var _ caddyfile.Unmarshaler = (*API)(nil)
