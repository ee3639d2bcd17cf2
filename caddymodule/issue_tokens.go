package caddymodule

import (
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func init() {
	caddy.RegisterModule(new(IssueTokens))
}

// jwksPath is where the public keys of the tokens are (RFC 8615).
const jwksPath = "/.well-known/jwks.json"

// IssueTokens serves the doors at which tokens are minted, listed, rotated and
// taken back, for callers with an admin key: Turso's platform API under `/v1`,
// developer tokens at `/devtokens`, user tokens at `/api/tokens`, revocation and
// introspection of a token in hand at `/oauth/revoke` and `/oauth/introspect`, and
// the public keys at `/.well-known/jwks.json`. Requests for anything else pass on
// to the next handler, unless they carry an admin key: these are refused with 404, so
// that after a mistake in a path the key goes nowhere.
type IssueTokens struct {
	// Whether admin keys and tokens may cross a network without TLS. Set this
	// only when something in front of Caddy ends TLS. Default: false, which
	// refuses plain HTTP from anywhere but this machine.
	AllowInsecure bool `json:"allow_insecure,omitempty"`

	// How many wrong admin keys each client address may send to this node. Good
	// keys pass all the same. Default: no limit.
	FailureLimit *Rate `json:"failure_limit,omitempty"`

	keys     *issuer.AdminKeys
	app      *App
	failures *ratelimit.Failures
	logger   *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (*IssueTokens) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.issue_tokens",
		New: func() caddy.Module { return new(IssueTokens) },
	}
}

// Provision finds the app; the doors open when it has started.
func (h *IssueTokens) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	rate := h.FailureLimit.rate()
	if err := rate.Validate(); err != nil {
		return fmt.Errorf("failure_limit: %w", err)
	}
	h.failures = ratelimit.NewFailures(rate)
	app, err := configuredApp(ctx)
	if err != nil {
		return err
	}
	h.app, h.keys = app, app.adminKeySet
	return registerMetrics(ctx.GetMetricsRegistry())
}

// ServeHTTP implements [caddyhttp.MiddlewareHandler].
func (h *IssueTokens) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	jwks := r.URL.Path == jwksPath
	index, owned := doorOf(r)
	if !jwks && !owned {
		if strayKey(h.keys, r) {
			h.refuse(w, r, errNoDoor)
			return nil
		}
		return next.ServeHTTP(w, r)
	}
	s := started(r, h.app, &h.app.services)
	if s == nil {
		h.refuse(w, r, errStarting)
		return nil
	}
	if jwks {
		s.signing.ServeJWKS(w, r)
		return nil
	}
	if refused := h.unsafeTransport(r); refused != nil {
		h.refuse(w, r, refused)
		return nil
	}
	if err := s.doors[index].Handle(w, r, requestID(r), clientIP(r)); err != nil {
		refused := refusal.From(err)
		h.refuse(w, r, h.failures.Judge(r.Context(), w.Header(), clientAddress(r), refused))
	}
	return nil
}

// refuse answers and counts. A door's errors are all its own: none of them is for
// Caddy to answer.
func (h *IssueTokens) refuse(w http.ResponseWriter, r *http.Request, refused *refusal.Refusal) {
	doorRefusalsTotal.WithLabelValues(string(refused.Reason)).Inc()
	answer(w, r, h.logger, refused)
}

func (h *IssueTokens) unsafeTransport(r *http.Request) *refusal.Refusal {
	if plainText(r) && !h.AllowInsecure {
		return errPlainText
	}
	return earlyData(r)
}

var errPlainText = &refusal.Refusal{
	Status: http.StatusForbidden, Title: "HTTPS required", Code: refusal.InsecureTransport, Reason: refusal.Route,
	Message: "Tokens are issued over HTTPS only. The key in this request has crossed the network in the clear: replace it.",
}

// Interface guards
var (
	_ caddy.Provisioner           = (*IssueTokens)(nil)
	_ caddyhttp.MiddlewareHandler = (*IssueTokens)(nil)
)
