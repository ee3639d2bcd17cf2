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

var _ caddyfile.Unmarshaler = (*App)(nil)
