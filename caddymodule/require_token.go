package caddymodule

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

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
		return errors.New("require_token needs the kind of upstream that it guards, such as libsql")
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
	h.verdicts = newVerdictCounters(module.(caddy.Module).CaddyModule().ID.Name())
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
		setPlaceholders(r, grant)
		return next.ServeHTTP(w, r)
	})
	return answerOrPass(w, r, h.logger, err)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*RequireToken)(nil)
	_ caddyhttp.MiddlewareHandler = (*RequireToken)(nil)
)
