package caddymodule

import (
	"net/http"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
	"github.com/sekisho-project/sekisho/verifier/api"
)

func init() {
	caddy.RegisterModule(new(API))
}

// API guards any HTTP API: a request needs a developer or user token, with the
// scope that its method asks for. The API behind is told whose request it is by
// the headers `X-Token-Id`, `X-Token-Family`, `X-Token-Subject`, `X-Token-Scopes`
// and `X-Token-Note`; whatever a client sends under these names is removed.
type API struct {
	// What a token must have, by method. The first rule whose methods match
	// decides; without any rule every valid token passes.
	Scopes []Scope `json:"scopes,omitempty"`

	// The methods that a read-only token may use. Default: GET, HEAD, OPTIONS.
	ReadOnlyMethods []string `json:"read_only_methods,omitempty"`

	// The families of tokens that pass: `developer`, `user`, `database`, `group`.
	// Default: developer and user.
	Families []token.Family `json:"families,omitempty"`

	// Whether requests without any credential pass, without the headers that name
	// a token. A bad credential is refused all the same. Default: false.
	AllowAnonymous bool `json:"allow_anonymous,omitempty"`

	// Whether GraphQL documents are read, so that a read-only token may send
	// queries, by POST too, and no mutations. Default: false.
	GraphQL bool `json:"graphql,omitempty"`

	// Whether the API behind gets the token itself. Default: false.
	ForwardCredential bool `json:"forward_credential,omitempty"`

	// How many requests each token may make, over all nodes. Default: no limit.
	RateLimit *Rate `json:"rate_limit,omitempty"`

	// How many failed checks each client address may cause on this node. Good
	// tokens pass all the same. Default: no limit.
	FailureLimit *Rate `json:"failure_limit,omitempty"`

	// What becomes of requests when the store has been away for longer than
	// max_staleness: `deny` answers 503; `allow` lets tokens pass that were not
	// revoked as far as this node knows. Default: deny.
	OnStale string `json:"on_stale,omitempty"`

	app     *App
	lenient *lenient
	gate    atomic.Pointer[api.Gate]
}

// Scope says what tokens need for some methods.
type Scope struct {
	// The scope that a token must have. An unscoped token has them all. Required.
	Scope string `json:"scope"`

	// The methods that need it; `*` means all. Required.
	Methods []string `json:"methods"`
}

// CaddyModule returns the Caddy module information.
func (*API) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "sekisho.upstreams.api",
		New: func() caddy.Module { return new(API) },
	}
}

// Provision checks the rules; the gate opens when the app has started.
func (u *API) Provision(ctx caddy.Context) error {
	app, err := configuredApp(ctx)
	if err != nil {
		return err
	}
	if len(u.Families) == 0 {
		u.Families = []token.Family{token.Developer, token.User}
	}
	if err := validOnStale(u.OnStale); err != nil {
		return err
	}
	// Rules that contradict themselves shall fail now, and not once it serves.
	if _, err := api.New(u.options(nobody{})); err != nil {
		return err
	}
	u.app = app
	app.whenStarted(u.open)
	return nil
}

// nobody stands in for the verifier where only the rules are checked, and is never asked.
type nobody struct{ api.Authenticator }

func (u *API) options(authenticator api.Authenticator) api.Options {
	o := api.Options{
		Authenticator: authenticator, Families: u.Families, ReadOnlyMethods: u.ReadOnlyMethods, GraphQL: u.GraphQL,
		AllowAnonymous: u.AllowAnonymous, ForwardCredential: u.ForwardCredential, ClientIP: clientAddress,
		Rate: u.RateLimit.rate(), FailureRate: u.FailureLimit.rate(), Limiter: ratelimit.NewLocal(),
	}
	for _, s := range u.Scopes {
		o.Scopes = append(o.Scopes, api.ScopeRule{Scope: s.Scope, Methods: s.Methods})
	}
	return o
}

func (u *API) open(s *services) error {
	var revocations verifier.Revocations
	revocations, u.lenient = s.revocations(u.OnStale)
	v, err := verifier.New(verifier.Options{
		Keys: s.signing, Revocations: revocations, Cache: s.cache, Opaque: s.opaque, Families: u.Families, Observe: observeVerification,
	})
	if err != nil {
		return err
	}
	o := u.options(v)
	o.Limiter, o.Used = s.shared.limiter, s.shared.uses.Used
	gate, err := api.New(o)
	if err != nil {
		return err
	}
	u.gate.Store(gate)
	return nil
}

// Guard implements [Upstream].
func (u *API) Guard(w http.ResponseWriter, r *http.Request, pass Pass) (refusal.Reason, error) {
	gate := started(r, u.app, &u.gate)
	if gate == nil {
		return refusal.Unready, errStarting
	}
	stale := u.lenient.stale()
	reason, err := gate.Handle(w, r, api.Next(pass))
	return countedAs(reason, stale), err
}

// Interface guards
var (
	_ caddy.Provisioner = (*API)(nil)
	_ Upstream          = (*API)(nil)
)
