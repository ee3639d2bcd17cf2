package caddymodule

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func init() {
	caddy.RegisterModule(RequireToken{})
}

// RequireToken lets a request through only with a valid token that has not been
// taken back. What else a token must have is decided by the kind of upstream
// that stands behind: `libsql` or `api`.
//
// A request that passes carries the placeholders `{http.auth.user.id}` (the id of
// the token, never the token), `{http.auth.user.family}`, `{http.auth.user.organization}`
// and `{http.auth.user.access}`.
type RequireToken struct {
	// The kind of upstream and its rules. Required.
	UpstreamRaw json.RawMessage `json:"upstream" caddy:"namespace=sekisho.upstreams inline_key=kind"`

	upstream Upstream
	verdicts verdictCounters
	logger   *zap.Logger
}

// Upstream decides for one kind of server behind the gate. Guest modules in the
// namespace `sekisho.upstreams` implement it.
type Upstream interface {
	// Guard answers the request itself, refuses it with an error, or hands it to
	// pass, with the grant that lets it through. The reason is what the metrics count.
	Guard(w http.ResponseWriter, r *http.Request, pass Pass) (refusal.Reason, error)
}

// Pass sends a checked request on.
type Pass func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error

// CaddyModule returns the Caddy module information.
func (RequireToken) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.require_token",
		New: func() caddy.Module { return new(RequireToken) },
	}
}

// Provision loads the rules of the upstream.
func (h *RequireToken) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	if len(h.UpstreamRaw) == 0 {
		return fmt.Errorf("require_token needs the kind of upstream that it guards, such as libsql")
	}
	module, err := ctx.LoadModule(h, "UpstreamRaw")
	if err != nil {
		return fmt.Errorf("loading upstream: %w", err)
	}
	upstream, ok := module.(Upstream)
	if !ok {
		return fmt.Errorf("module %T is no upstream", module)
	}
	h.upstream = upstream
	if err := registerMetrics(ctx.GetMetricsRegistry()); err != nil {
		return err
	}
	h.verdicts = newVerdictCounters(string(module.(caddy.Module).CaddyModule().ID.Name()))
	return nil
}

// ServeHTTP implements [caddyhttp.MiddlewareHandler].
func (h *RequireToken) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if unfit := cmp.Or(earlyData(r), opaqueTarget(r)); unfit != nil {
		h.verdicts.count(unfit.Reason)
		answer(w, r, h.logger, unfit)
		return nil
	}
	var err error
	reason := refusal.Allowed // what stands when an aborted stream panics through here
	defer func() { h.verdicts.count(reason) }()
	reason, err = h.upstream.Guard(w, r, func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error {
		announce(r, grant)
		return next.ServeHTTP(w, r)
	})
	return answerOrPass(w, r, h.logger, err)
}

// identity is the prefix of the placeholders that tell the rest of Caddy whose
// request this is: the access log prints the id as user_id.
const identity = "http.auth.user."

func placeholder(grant *token.Grant, name string) (any, bool) {
	switch name {
	case "id":
		return grant.ID, true
	case "family":
		return string(grant.Family), true
	case "organization":
		return grant.Organization, true
	case "access":
		return string(grant.Access), true
	default:
		return nil, false
	}
}

// announce makes the placeholders of a request, which cost nothing until they are
// read. What another handler said before holds no longer.
func announce(r *http.Request, grant *token.Grant) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok || grant == nil {
		return
	}
	repl.DeleteByPrefix(identity)
	repl.Map(func(key string) (any, bool) {
		if name, ours := strings.CutPrefix(key, identity); ours {
			return placeholder(grant, name)
		}
		return nil, false
	})
}

// announceLate is announce for a request that other goroutines are at work on.
func announceLate(r *http.Request, grant *token.Grant) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return
	}
	for _, name := range []string{"id", "family", "organization", "access"} {
		value, _ := placeholder(grant, name)
		repl.Set(identity+name, value)
	}
}

// Interface guards
var (
	_ caddy.Provisioner           = (*RequireToken)(nil)
	_ caddyhttp.MiddlewareHandler = (*RequireToken)(nil)
)
