package libsql

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

const (
	// DefaultMaxBody bounds the body of a judged request, in bytes.
	DefaultMaxBody = 32 << 20
	// DefaultMaxSteps bounds the statements of a judged request: 10,000, and what
	// clients put around them.
	DefaultMaxSteps = 10_240
)

// Authenticator turns the credential of a request into a grant; its error is a
// [*refusal.Refusal].
type Authenticator interface {
	Authenticate(r *http.Request) (*token.Grant, error)
}

// Catalog knows which databases exist and, at the time of the request, in which group.
type Catalog interface {
	GroupOf(organization, database string) (group string, ok bool)
}

// Options of [New]. All but the limits are needed.
type Options struct {
	Authenticator Authenticator
	Catalog       Catalog
	Tokens        *UpstreamTokens
	Rules         *readonly.Rules
	Organization  string
	MaxBody       int64 // bytes of a judged body; zero means DefaultMaxBody
	MaxSteps      int   // statements of a judged body; zero means DefaultMaxSteps
}

// Gate lets requests through to one organization's databases. It may be used by
// many goroutines.
type Gate struct {
	authenticator Authenticator
	catalog       Catalog
	tokens        *UpstreamTokens
	rules         *readonly.Rules
	organization  string
	maxBody       int64
	codec         hrana.JSON
}

// New makes a gate.
func New(o Options) (*Gate, error) {
	if o.Authenticator == nil || o.Catalog == nil || o.Tokens == nil || o.Rules == nil {
		return nil, errors.New("libsql gate: authenticator, catalog, upstream tokens and rules are needed")
	}
	if !token.ValidName(o.Organization) {
		return nil, errors.New("libsql gate: organization is missing or no valid name")
	}
	if o.MaxBody < 0 || o.MaxSteps < 0 {
		return nil, errors.New("libsql gate: limits cannot be negative")
	}
	return &Gate{
		authenticator: o.Authenticator, catalog: o.Catalog, tokens: o.Tokens, rules: o.Rules,
		organization: o.Organization, maxBody: cmp.Or(o.MaxBody, DefaultMaxBody),
		codec: hrana.JSON{MaxSteps: cmp.Or(o.MaxSteps, DefaultMaxSteps)},
	}, nil
}

// Handle lets a request through to next, answers it, or refuses it. database is
// the namespace that this site serves.
//
// When err is nil the answer has been written, and the reason says how it was
// decided; a refusal inside the protocol is [refusal.ReadOnlyToken]. Otherwise err is a
// [*refusal.Refusal] that the caller has to write, or next's own error unchanged.
func (g *Gate) Handle(w http.ResponseWriter, r *http.Request, database string, next Next) (refusal.Reason, error) {
	if answered, err := probe(w, r); err != nil {
		return err.Reason, err
	} else if answered {
		return refusal.Allowed, nil
	}
	grant, err := g.authenticator.Authenticate(r)
	if err != nil {
		return refusal.From(err).Reason, err
	}
	if !g.reaches(grant, database) {
		return refusal.Unreachable, unreachable()
	}
	rt, refused := findRoute(r)
	if refused != nil {
		return refused.Reason, refused
	}
	credential, err := g.tokens.For(database, grant.Access, g.attachable(grant))
	if err != nil {
		return refusal.Fault, refusal.Internal(err)
	}
	out := forward(r, database, credential)
	if rt.judge == nil {
		out.Body, out.ContentLength, out.TransferEncoding = http.NoBody, 0, nil
		return refusal.Allowed, next(w, out, grant)
	}
	if grant.Access == token.FullAccess {
		return refusal.Allowed, next(w, out, grant)
	}
	body, err := g.readBody(r)
	if err != nil {
		return refusal.From(err).Reason, err
	}
	send := func(w http.ResponseWriter, r *http.Request) error { return next(w, r, grant) }
	return rt.judge(g, exchange{w, out, send}, body)
}

// Next is the proxy: it is given a request whose headers, host and body are the
// gate's, and the grant that lets it through.
type Next func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error

// exchange is a judged request on its way: where its answer goes, what goes on
// to the server, and how.
type exchange struct {
	w    http.ResponseWriter
	out  *http.Request
	next func(http.ResponseWriter, *http.Request) error
}
