package libsql

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
	"github.com/sekisho-project/sekisho/verifier/libsql/socket"
)

const (
	// DefaultMaxBody bounds the body of a judged request, in bytes.
	DefaultMaxBody = 32 << 20
	// DefaultMaxSteps bounds the statements of a judged request: 10,000, and what
	// clients put around them.
	DefaultMaxSteps = 10_240
)

// Authenticator turns credentials into grants; its errors are [*refusal.Refusal].
type Authenticator interface {
	// Authenticate takes the one credential of a request.
	Authenticate(r *http.Request) (*token.Grant, error)
	// Bare refuses a request that carries a credential.
	Bare(r *http.Request) error
	// Verify takes a credential that came inside the protocol.
	Verify(credential string) (*token.Grant, error)
	// Recheck judges a grant again, while its connection lasts.
	Recheck(g *token.Grant) error
	// TakenBack judges only whether a grant was revoked or retired since.
	TakenBack(g *token.Grant) error
}

// Catalog knows which databases exist and, at the time of the request, in which group.
type Catalog interface {
	GroupOf(organization, database string) (group string, ok bool)
}

// Options of [New]. The fields up to Organization are needed.
type Options struct {
	Authenticator Authenticator
	Catalog       Catalog
	Tokens        *UpstreamTokens
	Secrets       FleetSecrets // seal the batons
	Rules         *readonly.Rules
	Organization  string
	MaxBody       int64 // bytes of a judged body; zero means DefaultMaxBody
	MaxSteps      int   // statements of a judged body; zero means DefaultMaxSteps
	Allow         Allow // what else is open

	// Untrusted refuses full-access tokens what is not of their database: files of
	// the server, extensions, SQL in SQL, settings of the process. Their requests
	// are judged then like those of read-only tokens, whole and within the limits.
	Untrusted bool
	// AllowUnlocked lets read-only tokens use a server that does not make their
	// streams read-only when it is asked to.
	AllowUnlocked bool
	Now           func() time.Time // the clock, time.Now if nil
	Logger        *slog.Logger     // of panics in WebSockets; slog.Default() if nil

	// OnFirstHello, unless nil, is told the grant of a WebSocket's first hello, with the
	// upgrade that the socket came from, on a goroutine of the proxy's.
	OnFirstHello func(r *http.Request, grant *token.Grant)

	// Observe, unless nil, is told how each request inside a WebSocket was decided,
	// why a hello was refused, and why a socket was ended.
	Observe func(refusal.Reason)
}

// Gate lets requests through to one organization's databases. It may be used by
// many goroutines.
type Gate struct {
	authenticator Authenticator
	catalog       Catalog
	tokens        *UpstreamTokens
	batons        batons
	rules         *readonly.Rules
	organization  string
	maxBody       int64
	codec         hrana.JSON
	allow         Allow
	locks         locks
	allowUnlocked bool
	untrusted     bool
	now           func() time.Time
	log           *slog.Logger

	observe      func(refusal.Reason)
	onFirstHello func(*http.Request, *token.Grant)
	watch        socket.Watch
	strangers    atomic.Int64 // sockets whose clients have not shown a token yet
}

// New checks the options and makes a gate.
func New(o Options) (*Gate, error) {
	if o.Authenticator == nil || o.Catalog == nil || o.Tokens == nil || o.Secrets == nil || o.Rules == nil {
		return nil, errors.New("libsql gate: authenticator, catalog, upstream tokens, secrets and rules are needed")
	}
	if !token.ValidName(o.Organization) {
		return nil, errors.New("libsql gate: organization is missing or no valid name")
	}
	if o.MaxBody < 0 || o.MaxSteps < 0 {
		return nil, errors.New("libsql gate: limits cannot be negative")
	}
	observe := o.Observe
	if observe == nil {
		observe = func(refusal.Reason) {}
	}
	onFirstHello := o.OnFirstHello
	if onFirstHello == nil {
		onFirstHello = func(*http.Request, *token.Grant) {}
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return &Gate{
		authenticator: o.Authenticator, catalog: o.Catalog, tokens: o.Tokens, batons: batons{o.Secrets}, rules: o.Rules,
		organization: o.Organization, maxBody: cmp.Or(o.MaxBody, DefaultMaxBody),
		codec: hrana.JSON{MaxSteps: cmp.Or(o.MaxSteps, DefaultMaxSteps)}, observe: observe, onFirstHello: onFirstHello, allow: o.Allow,
		locks: locks{honoured: map[string]time.Time{}, now: now}, allowUnlocked: o.AllowUnlocked, untrusted: o.Untrusted,
		now: now, log: o.Logger,
	}, nil
}

// Handle lets a request through to next, answers it, or refuses it. database is
// the namespace that this site serves.
//
// When err is nil the answer has been written, and the reason says how it was
// decided; what was refused inside the protocol is [refusal.ReadOnlyToken] for a
// read-only token and [refusal.BeyondDatabase] for full access. Otherwise err is a
// [*refusal.Refusal] that the caller has to write, or next's own error unchanged.
func (g *Gate) Handle(w http.ResponseWriter, r *http.Request, database string, next Next) (refusal.Reason, error) {
	if probe(w, r) {
		return refusal.Allowed, nil
	}
	if isSocket(r) {
		return g.serveSocket(w, r, database, next)
	}
	if isCall(r) {
		return g.serveCall(w, r, database, next)
	}
	grant, err := g.authenticator.Authenticate(r)
	if err != nil {
		return refusal.From(err).Reason, err
	}
	if !g.reaches(grant, database) {
		return refusal.Unreachable, unreachable()
	}
	if f, ok := g.findFeed(r); ok {
		return g.serveFeed(w, r, f, grant, database, next)
	}
	return g.serveRequest(w, r, grant, database, next)
}

// serveRequest answers a request with a good grant.
func (g *Gate) serveRequest(w http.ResponseWriter, r *http.Request, grant *token.Grant, database string, next Next) (refusal.Reason, error) {
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
	out.Body = g.lasting(out.Body, grant, database)
	x := exchange{
		w: w, out: out, owner: newOwner(grant, database), codec: g.codec,
		database: database, grant: grant, readOnly: grant.Access != token.FullAccess,
		next: func(w http.ResponseWriter, r *http.Request) error { return next(w, r, grant) },
	}
	if rt.protobuf {
		x.codec = hrana.Protobuf{MaxSteps: g.codec.MaxSteps}
	}
	if !g.judges(grant) {
		return g.pass(x, rt.streams)
	}
	body, err := g.readBody(out)
	if err != nil {
		return refusal.From(err).Reason, err
	}
	return rt.judge(g, x, body)
}

// Next is the proxy: it is given a request whose headers, host and body are the
// gate's, and the grant that lets it through: nil for a WebSocket, whose token
// comes later ([Options.OnFirstHello]).
type Next func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error

// exchange is a judged request on its way: where its answer goes, what goes on
// to the server, and how.
type exchange struct {
	w     http.ResponseWriter
	out   *http.Request
	next  func(http.ResponseWriter, *http.Request) error
	codec hrana.Codec
	owner owner // of the stream that the request begins or goes on with

	database string
	grant    *token.Grant
	readOnly bool
}
