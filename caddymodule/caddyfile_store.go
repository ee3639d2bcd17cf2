package caddymodule

import (
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func (s *Store) unmarshal(d *caddyfile.Dispenser) error {
	args := d.RemainingArgs()
	switch {
	case len(args) == 0:
		return d.Err("store takes `embedded` or the URLs of Redis servers")
	case args[0] != "embedded":
		s.Addresses = args
	case len(args) == 2:
		s.Directory = args[1]
	case len(args) > 2:
		return d.ArgErr()
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if s.embedded() {
			return d.Errf("%s is for Redis servers; the embedded store takes a directory only", d.Val())
		}
		if err := s.unmarshalOption(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) unmarshalOption(d *caddyfile.Dispenser) error {
	switch d.Val() {
	case "username":
		return single(d, &s.Username)
	case "password":
		return single(d, &s.Password)
	case "sentinel_username":
		return single(d, &s.SentinelUsername)
	case "sentinel_password":
		return single(d, &s.SentinelPassword)
	case "prefix":
		return single(d, &s.Prefix)
	case "timeout":
		return duration(d, &s.Timeout)
	case "wait_replicas":
		return s.unmarshalWait(d)
	case "strict":
		return flag(d, &s.Strict)
	default:
		return d.Errf("unrecognized option '%s' in store", d.Val())
	}
}

func (s *Store) unmarshalWait(d *caddyfile.Dispenser) error {
	if s.WaitReplicas != 0 {
		return d.Err("wait_replicas stands twice")
	}
	if !d.NextArg() {
		return d.ArgErr()
	}
	count, err := strconv.Atoi(d.Val())
	if err != nil || count < 1 {
		return d.Errf("wait_replicas takes how many, 1 or more, and for how long at most: wait_replicas 1 500ms; got '%s'", d.Val())
	}
	s.WaitReplicas = count
	if !d.NextArg() {
		return nil
	}
	d.Prev()
	return durationOf(d, "wait_replicas", &s.WaitTimeout)
}
