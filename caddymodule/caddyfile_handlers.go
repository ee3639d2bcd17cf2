package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// Both directives stand before basic_auth in the order of directives: after
// everything that rewrites a request, before everything that answers or forwards it.
func init() {
	httpcaddyfile.RegisterHandlerDirective("issue_tokens", parseIssueTokens)
	httpcaddyfile.RegisterDirectiveOrder("issue_tokens", httpcaddyfile.Before, "basic_auth")
	httpcaddyfile.RegisterDirective("require_token", routeRequireToken)
	httpcaddyfile.RegisterDirectiveOrder("require_token", httpcaddyfile.Before, "basic_auth")
}

func parseIssueTokens(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(IssueTokens)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens. Syntax:
//
//	issue_tokens [<matcher>] {
//		allow_insecure
//		failure_limit <requests> <duration>
//	}
func (h *IssueTokens) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive's name
	if d.NextArg() {
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		var err error
		switch d.Val() {
		case "allow_insecure":
			err = flag(d, &h.AllowInsecure)
		case "failure_limit":
			err = rate(d, &h.FailureLimit)
		default:
			err = d.Errf("unrecognized option '%s' in issue_tokens", d.Val())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// routeRequireToken makes the route of a require_token. Whatever its matcher, opaque
// targets come to it too, as no matcher of paths can see them.
func routeRequireToken(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next() // the directive's name
	matchers, err := h.ExtractMatcherSet()
	if err != nil {
		return nil, err
	}
	handler, err := parseRequireToken(h)
	if err != nil {
		return nil, err
	}
	values := h.NewRoute(matchers, handler)
	if matchers == nil {
		return values, nil
	}
	route := values[0].Value.(caddyhttp.Route)
	route.MatcherSetsRaw = append(route.MatcherSetsRaw, orOpaque())
	values[0].Value = route
	return values, nil
}

// parseRequireToken reads the kind of upstream and leaves the block to it. Syntax:
//
//	require_token [<matcher>] <upstream> {
//		<options of the upstream>
//	}
func parseRequireToken(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next() // the directive's name
	if !h.NextArg() {
		return nil, h.Errf("require_token needs the kind of upstream that it guards: %s", strings.Join(upstreamKinds(), " or "))
	}
	kind := h.Val()
	if _, err := caddy.GetModule(upstreamModules + "." + kind); err != nil {
		return nil, h.Errf("there is no upstream '%s'; there are: %s", kind, strings.Join(upstreamKinds(), ", "))
	}
	upstream, err := caddyfile.UnmarshalModule(h.Dispenser, upstreamModules+"."+kind)
	if err != nil {
		return nil, err
	}
	return &RequireToken{UpstreamRaw: caddyconfig.JSONModuleObject(upstream, "kind", kind, nil)}, nil
}
