package issuer

import (
	"context"
	"log/slog"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/catalog"
)

// patience bounds one call of the service, all its answers from the store
// together. A call that has begun is finished even when the client has left.
const patience = 8 * time.Second

// Store keeps the records of tokens and the audit log; [store.Store] is one.
type Store interface {
	SaveToken(ctx context.Context, r store.Record, e store.Event) error
	Token(ctx context.Context, id string) (store.Record, error)
	Tokens(ctx context.Context, s token.Subject, p store.Page) (records []store.Record, next string, err error)
	MarkRevoked(ctx context.Context, id string, at time.Time, by, reason string) (already bool, err error)
	AppendAudit(ctx context.Context, e store.Event) error
}

// Revocations is where tokens are taken back; [revocation.Registry] is one.
type Revocations interface {
	Revoke(ctx context.Context, entries ...revocation.Entry) error
	Rotate(ctx context.Context, r revocation.Rotation) error
	Generation(ctx context.Context, s token.Subject) (uint64, error)
}

// Mirror knows which tokens were taken back; [revocation.Mirror] is one.
type Mirror interface {
	Judge(g *token.Grant, now time.Time) error
}

// Signer writes a payload as a JWT. It must not return a token that verifiers
// could not check until expiresAt, zero for never.
type Signer interface {
	Sign(ctx context.Context, payload []byte, expiresAt time.Time) (jwt, keyID string, err error)
}

// Options are what a [Service] works with. The fields up to Signer are required,
// but for Policies.
type Options struct {
	Keys        []*AdminKey
	Catalog     *catalog.Catalog
	Policies    Policies
	Store       Store
	Revocations Revocations
	Signer      Signer

	// Mirror lets lists tell which tokens a rotation has retired; without one they
	// do not tell.
	Mirror Mirror
	// Log gets every audit event too. Default: [slog.Default].
	Log *slog.Logger
	// Observe is told of every call; action and outcome are of the closed sets
	// [Action] and [Outcome].
	Observe func(action string, family token.Family, outcome string)
	// Now is the clock. Default: [time.Now].
	Now func() time.Time
}

// Service mints, rotates, revokes and lists. Its errors are refusals
// ([refusal.Refusal]) that a door passes on. It may be used by many goroutines.
//
// [refusal.Refusal]: https://pkg.go.dev/github.com/sekisho-project/sekisho/token/refusal#Refusal
type Service struct {
	keys        *AdminKeys
	catalog     *catalog.Catalog
	policies    Policies
	store       Store
	revocations Revocations
	signer      Signer
	mirror      Mirror
	log         *slog.Logger
	observe     func(action string, family token.Family, outcome string)
	now         func() time.Time
}

// New checks the keys and makes a service.
func New(o Options) (*Service, error) {
	keys, err := NewAdminKeys(o.Keys...)
	if err != nil {
		return nil, err
	}
	s := &Service{
		keys: keys, catalog: o.Catalog, policies: o.Policies, store: o.Store, revocations: o.Revocations,
		signer: o.Signer, mirror: o.Mirror, log: o.Log, observe: o.Observe, now: o.Now,
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.observe == nil {
		s.observe = func(string, token.Family, string) {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Authenticate finds whose secret this is.
func (s *Service) Authenticate(secret string) (*Principal, bool) {
	return s.keys.Authenticate(secret)
}

// Caller is who asks, and from where: what the audit log keeps of a request.
type Caller struct {
	*Principal
	ClientIP  string
	RequestID string
}
