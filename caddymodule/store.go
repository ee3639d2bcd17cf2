package caddymodule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

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

	// The Redis ACL user, as a name or a placeholder. Default: Redis's default user.
	Username string `json:"username,omitempty"`

	// The Redis password, as a placeholder: `{env.REDIS_PASSWORD}` or
	// `{file./run/secrets/redis}`. It is read again for each new connection, so that
	// a file may be replaced while the server runs.
	Password string `json:"password,omitempty"`

	// The ACL user at the Sentinels, as a name or a placeholder. Default: their
	// default user.
	SentinelUsername string `json:"sentinel_username,omitempty"`

	// The password at the Sentinels, as a placeholder. It is read when the
	// configuration is loaded.
	SentinelPassword string `json:"sentinel_password,omitempty"`

	// What every key begins with. Default: `sekisho:`.
	Prefix string `json:"prefix,omitempty"`

	// How long one Redis command may take. Default: 1s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// How many replicas of Redis must have a revocation or rotation before it is
	// acknowledged. When fewer have it in time, it is in force, and the answer is 503
	// `NOT_REPLICATED`. Default: none.
	WaitReplicas int `json:"wait_replicas,omitempty"`

	// How long to wait for the replicas, 5s at most. Default: 1s.
	WaitTimeout caddy.Duration `json:"wait_timeout,omitempty"`

	// Refuse to load with a Redis that may lose what it was told: one that may evict
	// keys, that keeps no append-only file, that is a replica, or that does not say.
	// Default: a warning in the log.
	Strict bool `json:"strict,omitempty"`
}

// maxWait leaves a call of the doors time for the rest that it does.
const maxWait = 5 * time.Second

func (s *Store) embedded() bool { return len(s.Addresses) == 0 }

// options turns the configuration into what the store package opens.
func (s *Store) options() (store.Options, error) {
	o := store.Options{Prefix: cmp.Or(s.Prefix, store.DefaultPrefix), Timeout: time.Duration(s.Timeout), Observe: observeStore}
	switch {
	case s.embedded() && s.WaitReplicas != 0:
		return o, errors.New("wait_replicas is for Redis servers; the embedded store has no replicas")
	case s.embedded():
		return o, nil
	case s.WaitReplicas < 0 || s.WaitTimeout < 0 || time.Duration(s.WaitTimeout) > maxWait:
		return o, fmt.Errorf("wait_replicas takes 1 or more, and %s at most", maxWait)
	}
	o, err := store.ParseAddresses(s.Addresses, o)
	if err != nil {
		return o, err
	}
	if o.Password != "" || o.SentinelPassword != "" {
		return o, fmt.Errorf("a password stands in the address: %w", errLiteralSecret)
	}
	if o.SentinelMaster == "" && s.SentinelUsername+s.SentinelPassword != "" {
		return o, errors.New("a Sentinel's user or password needs ?sentinel_master=<name> in the address")
	}
	// The placeholders tell stores apart whose credentials come from different places.
	o.User, o.Password = cmp.Or(s.Username, o.User), s.Password
	if s.Password != "" {
		o.Credentials = s.credentials(o.User)
		if _, _, err := o.Credentials(context.Background()); err != nil {
			return o, err
		}
	}
	if err := s.sentinelOptions(&o); err != nil {
		return o, err
	}
	return o, o.Check()
}

// credentials reads the secrets anew for each connection.
func (s *Store) credentials(name string) func(context.Context) (user, password string, err error) {
	return func(context.Context) (user, password string, err error) {
		if user, err = expandName(name); err != nil {
			return "", "", fmt.Errorf("username: %w", err)
		}
		if password, err = expandSecret(s.Password); err != nil {
			return "", "", fmt.Errorf("password: %w", err)
		}
		return user, password, nil
	}
}

func (s *Store) sentinelOptions(o *store.Options) (err error) {
	if s.SentinelPassword == "" {
		return nil
	}
	if o.SentinelUser, err = expandName(s.SentinelUsername); err != nil {
		return fmt.Errorf("sentinel_username: %w", err)
	}
	if o.SentinelPassword, err = expandSecret(s.SentinelPassword); err != nil {
		return fmt.Errorf("sentinel_password: %w", err)
	}
	return nil
}
