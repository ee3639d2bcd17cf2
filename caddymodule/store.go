package caddymodule

import (
	"cmp"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/sekisho-project/sekisho/store"
)

// Store says where tokens, revocations and the audit log are kept.
type Store struct {
	// Redis servers: `redis://`, `rediss://` (TLS) or `unix://` URLs, without a
	// password. Several are the nodes of one cluster. Default: none, which means
	// the embedded store.
	Addresses []string `json:"addresses,omitempty"`

	// The directory of the embedded store. Default: `sekisho` in Caddy's data directory.
	Directory string `json:"directory,omitempty"`

	// The Redis ACL user. Default: Redis's default user.
	Username string `json:"username,omitempty"`

	// The Redis password, as a placeholder: `{env.REDIS_PASSWORD}` or
	// `{file./run/secrets/redis}`.
	Password string `json:"password,omitempty"`

	// What every key begins with. Default: `sekisho:`.
	Prefix string `json:"prefix,omitempty"`

	// How long one Redis command may take. Default: 1s.
	Timeout caddy.Duration `json:"timeout,omitempty"`
}

func (s *Store) embedded() bool { return len(s.Addresses) == 0 }

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
		var err error
		switch d.Val() {
		case "username":
			err = single(d, &s.Username)
		case "password":
			err = single(d, &s.Password)
		case "prefix":
			err = single(d, &s.Prefix)
		case "timeout":
			err = duration(d, &s.Timeout)
		default:
			return d.Errf("unrecognized option '%s' in store", d.Val())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// options turns the configuration into what the store package opens.
func (s *Store) options() (store.Options, error) {
	o := store.Options{Prefix: cmp.Or(s.Prefix, store.DefaultPrefix), Timeout: time.Duration(s.Timeout), Observe: observeStore}
	if s.embedded() {
		return o, nil
	}
	o, err := store.ParseAddresses(s.Addresses, o)
	if err != nil {
		return o, err
	}
	if o.Password != "" || o.SentinelPassword != "" {
		return o, fmt.Errorf("a password stands in the address: %w", errLiteralSecret)
	}
	o.User = cmp.Or(s.Username, o.User)
	if s.Password == "" {
		return o, nil
	}
	if o.Password, err = expandSecret(s.Password); err != nil {
		return o, fmt.Errorf("password: %w", err)
	}
	if o.SentinelMaster != "" {
		o.SentinelUser, o.SentinelPassword = o.User, o.Password
	}
	return o, nil
}
