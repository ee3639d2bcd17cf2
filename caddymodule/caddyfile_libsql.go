package caddymodule

import "github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

// UnmarshalCaddyfile sets up the upstream from Caddyfile tokens. Syntax:
//
//	require_token [<matcher>] libsql {
//		organization   <name>
//		database       <name or placeholder>
//		max_body       <size>
//		allow_function <name>...
//		untrusted      [true|false]
//		allow_unlocked
//		allow          replication|dump|listen...
//		on_stale       deny|allow
//	}
func (u *LibSQL) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the kind
	if err := kindAlone(d); err != nil {
		return err
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		var err error
		switch d.Val() {
		case "organization":
			err = single(d, &u.Organization)
		case "database":
			err = single(d, &u.Database)
		case "allow_function":
			err = remaining(d, &u.AllowFunctions)
		case "allow":
			err = remaining(d, &u.Allow)
		case "untrusted":
			err = choice(d, &u.Untrusted)
		case "allow_unlocked":
			err = flag(d, &u.AllowUnlocked)
		case "on_stale":
			err = single(d, &u.OnStale)
		case "max_body":
			err = size(d, &u.MaxBody)
		default:
			return d.Errf("unrecognized option '%s' in libsql", d.Val())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var _ caddyfile.Unmarshaler = (*LibSQL)(nil)
