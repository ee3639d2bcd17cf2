package caddymodule

import "github.com/caddyserver/caddy/v2"

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

// TokenCache bounds what a node remembers of verified tokens. A token that is not
// remembered is verified again: a JWT by its signature, any other by its record.
type TokenCache struct {
	// How many tokens, 134,217,728 at most. Default: 100,000.
	Entries int `json:"entries,omitempty"`

	// In how many bytes. Default: 128 MiB.
	MaxBytes int64 `json:"max_bytes,omitempty"`
}

// Rate is a number of requests in a time.
type Rate struct {
	// How many. Required.
	Requests int `json:"requests"`

	// In which time. Required.
	Per caddy.Duration `json:"per"`
}
