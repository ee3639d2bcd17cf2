package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func init() {
	caddy.RegisterModule(OpaqueTarget{})
}

// OpaqueTarget matches requests whose target is neither a path nor a URL with a
// host, as in `GET x:y HTTP/1.1`. Caddy sees no path in them, so no matcher of paths
// matches, and yet `reverse_proxy` sends the target on: a server behind may find a
// path in it. `require_token` with a matcher refuses them itself; where it stands in
// `handle`, refuse them beside it:
//
//	@opaque opaque_target
//	handle @opaque {
//		error 400
//	}
type OpaqueTarget struct{}

// CaddyModule returns the Caddy module information.
func (OpaqueTarget) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.matchers.opaque_target",
		New: func() caddy.Module { return new(OpaqueTarget) },
	}
}

// MatchWithError implements [caddyhttp.RequestMatcherWithError].
func (OpaqueTarget) MatchWithError(r *http.Request) (bool, error) { return r.URL.Opaque != "", nil }

// UnmarshalCaddyfile sets up the matcher from Caddyfile tokens. Syntax:
//
//	opaque_target
func (*OpaqueTarget) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	for d.Next() {
		if d.NextArg() {
			return d.ArgErr()
		}
		if d.NextBlock(0) {
			return d.Errf("unrecognized option '%s' in opaque_target", d.Val())
		}
	}
	return nil
}

// orOpaque is a matcher set for a route to which opaque targets come too.
func orOpaque() caddy.ModuleMap {
	return caddy.ModuleMap{"opaque_target": caddyconfig.JSON(OpaqueTarget{}, nil)}
}

// opaqueTarget refuses a request whose path only a server behind would know.
func opaqueTarget(r *http.Request) *refusal.Refusal {
	if r.URL.Opaque == "" {
		return nil
	}
	return &refusal.Refusal{
		Status: http.StatusBadRequest, Title: "Bad request", Code: refusal.BadRequest, Reason: refusal.Route,
		Message: "The target of a request must be a path here.",
	}
}

// Interface guards
var (
	_ caddyfile.Unmarshaler             = (*OpaqueTarget)(nil)
	_ caddyhttp.RequestMatcherWithError = OpaqueTarget{}
)
