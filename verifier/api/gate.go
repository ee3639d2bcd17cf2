package api

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"

	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
)

// Authenticator turns the credential of a request, whose headers were scanned, into
// a grant, and judges that again while its connection lasts; its errors are
// [*refusal.Refusal].
type Authenticator interface {
	AuthenticateScanned(r *http.Request, scanned verifier.Scan) (*token.Grant, error)
	Recheck(g *token.Grant) error
	TakenBack(g *token.Grant) error
}

// Options of [New]. Authenticator and ClientIP are needed.
type Options struct {
	Authenticator Authenticator
	// Families whose tokens may pass; [token.Developer] and [token.User] if empty.
	Families []token.Family
	// Scopes are read from the first on. Without any, every token passes.
	Scopes []ScopeRule
	// ReadOnlyMethods are what read-only tokens may use; GET, HEAD and OPTIONS if empty.
	ReadOnlyMethods []string
	// GraphQL lets a POST whose document only queries pass as a GET would, and looks
	// at the documents of GET requests too.
	GraphQL bool
	// AllowAnonymous lets requests pass that carry no credential at all, whatever
	// their method: the API sees by the absence of X-Token-Id that nobody vouches for them.
	AllowAnonymous bool
	// ForwardCredential leaves Authorization in the request.
	ForwardCredential bool
	// ClientIP is the address that tokens with Networks are held to; the zero
	// Addr where there is none.
	ClientIP func(*http.Request) netip.Addr
	// Realm for challenges: printable ASCII without quotes and backslashes.
	// [verifier.DefaultRealm] when empty.
	Realm string

	// Limiter counts the requests of each token against Rate, unless that is zero.
	Limiter *ratelimit.Limiter
	Rate    ratelimit.Rate
	// FailureRate bounds the failed checks that each client address may cause at this
	// gate. Good tokens pass from an address that is over the limit.
	FailureRate ratelimit.Rate

	// Used, unless nil, is told the id of every token that passes. It must not wait.
	Used func(id string)
}

// Next is the API behind the gate. The grant is nil for an anonymous request. A protocol
// upgrade has to end, with its connections, when the request's context does.
type Next func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error

// Gate lets requests through to one API. It may be used by many goroutines.
type Gate struct {
	Options
	plans     *plans
	failures  *ratelimit.Failures
	takenBack func(*token.Grant) error // the authenticator's: to name it anew takes memory
}

// New checks the options and makes a gate.
func New(o Options) (*Gate, error) {
	if len(o.Families) == 0 {
		o.Families = []token.Family{token.Developer, token.User}
	}
	if len(o.ReadOnlyMethods) == 0 {
		o.ReadOnlyMethods = []string{http.MethodGet, http.MethodHead, http.MethodOptions}
	}
	o.Realm = cmp.Or(o.Realm, verifier.DefaultRealm)
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Rate.Requests == 0 {
		o.Limiter = nil
	}
	return &Gate{
		Options: o, plans: newPlans(len(o.Scopes) > 0), failures: ratelimit.NewFailures(o.FailureRate),
		takenBack: o.Authenticator.TakenBack,
	}, nil
}

// Handle lets a request through to next, or refuses it. The request that next gets
// is r itself, but for an upgrade: its headers are changed, and its body breaks off when
// the token is taken back before all of it is there.
//
// When err is nil the request was let through. Otherwise err is a
// [*refusal.Refusal] that the caller has to write, or next's own error unchanged.
func (g *Gate) Handle(w http.ResponseWriter, r *http.Request, next Next) (refusal.Reason, error) {
	scanned := removeOurs(r.Header)
	if g.AllowAnonymous && scanned.CarriesNone(r) {
		g.clean(r)
		return refusal.Allowed, next(w, r, nil)
	}
	grant, err := g.Authenticator.AuthenticateScanned(r, scanned)
	if err != nil {
		refused := g.failures.Judge(r.Context(), w.Header(), g.ClientIP(r), refusal.From(err))
		return refused.Reason, refused
	}
	body := g.lasting(r, grant)
	p := g.plans.of(grant)
	if refused := g.judge(r, p); refused != nil {
		return refused.Reason, refused
	}
	if g.Limiter != nil {
		d := g.Limiter.Allow(r.Context(), p.rateKey, g.Rate)
		d.SetHeader(w.Header(), "token")
		if !d.Allowed {
			return refusal.OverLimit, d.Refusal()
		}
	}
	g.clean(r)
	p.identify(r.Header)
	if g.Used != nil {
		g.Used(grant.ID)
	}
	return outcome(body, g.send(w, r, grant, next))
}

// judge says why a good token may not be used for this request.
func (g *Gate) judge(r *http.Request, p *plan) *refusal.Refusal {
	switch {
	case !slices.Contains(g.Families, p.grant.Family):
		return denied(refusal.WrongFamily, "Tokens of this kind are not accepted here.")
	case p.grant.Networks != nil && !p.isWithin(g.ClientIP(r)):
		return denied(refusal.Unreachable, "This token may not be used from this address.")
	case p.grant.Routes != nil && !p.covers(r):
		return denied(refusal.Route, "This token may not be used on this path.")
	case p.grant.Routes != nil && carriesAny(r.Header, pathOverrides):
		return denied(refusal.Route, "This token may not be used with a header that changes the path.")
	case !p.narrowed:
		return nil
	case overridesMethod(r):
		return denied(refusal.Route, "This token may not be used with a header or parameter that changes the method.")
	}
	if upgrades(r) {
		refused := g.permit(p, http.MethodConnect)
		if refused != nil || r.Method == http.MethodGet {
			return refused
		}
	}
	if g.GraphQL && speaksGraphQL(r.Method) {
		return g.judgeGraphQL(r, p)
	}
	return g.permit(p, r.Method)
}
