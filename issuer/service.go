package issuer

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/ratelimit"
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
	List(ctx context.Context, i store.Index, p store.Page) (records []store.Record, next string, err error)
	ListWithLost(ctx context.Context, i store.Index, p store.Page) (records []store.Record, lost []string, next string, err error)
	MarkRevoked(ctx context.Context, id string, at time.Time, by, reason string) (already bool, err error)
	MarkAllRevoked(ctx context.Context, records []store.Record, e store.Event) error
	MarkRotated(ctx context.Context, id, to string, until time.Time, e store.Event) error
	ClaimIdempotency(ctx context.Context, key string, c store.Claim) (first store.Claim, mine bool, err error)
	SaveImported(ctx context.Context, r store.Record, e store.Event) error
	ImportedID(ctx context.Context, digest [sha256.Size]byte) (id string, err error)
	AppendAudit(ctx context.Context, e store.Event) error
	Audit(ctx context.Context, p store.Page) (events []store.Event, next string, err error)
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
	RetiredFrom(g *token.Grant) (from time.Time, ok bool)
}

// Signer writes a payload as a JWT, or signs a message for a purpose (Ed25519ctx). It
// must not sign what verifiers could not check until expiresAt, zero for never. It
// finds the public half of every key that it signs, or has signed, with.
type Signer interface {
	Sign(ctx context.Context, payload []byte, expiresAt time.Time) (jwt, keyID string, err error)
	SignFor(ctx context.Context, purpose string, message []byte, expiresAt time.Time) (signature []byte, keyID string, err error)
	PublicKey(keyID string) (ed25519.PublicKey, bool)
}

// OpaqueFamily is what the opaque tokens of a family look like and how long they
// may live.
type OpaqueFamily struct {
	// Prefix of the credentials, a [token.ValidPrefix]. Default: "jt" for developer
	// tokens, "token" for user tokens.
	Prefix string
	// Policy, of which only the lifetimes count.
	Policy Policy
}

// Options are what a [Service] works with. The fields up to Mirror are required,
// but for Policies.
type Options struct {
	Keys        []*AdminKey
	Catalog     *catalog.Catalog
	Policies    Policies
	Store       Store
	Revocations Revocations
	Signer      Signer
	Mirror      Mirror

	// Developer and User are the families of opaque tokens.
	Developer, User OpaqueFamily

	// Limiter counts what [Limits] bound. Default: one of this process alone.
	Limiter *ratelimit.Limiter
	// AfterImport is called before an import is answered, so that its tokens are
	// known here by then. Other nodes learn of them in their own time.
	AfterImport func(ctx context.Context) error
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
	limiter     *ratelimit.Limiter
	mirror      Mirror
	opaque      map[token.Family]OpaqueFamily
	afterImport func(ctx context.Context) error
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
		signer: o.Signer, limiter: o.Limiter, mirror: o.Mirror, log: o.Log, observe: o.Observe, now: o.Now,
		afterImport: o.AfterImport,
	}
	if s.opaque, err = opaqueFamilies(o.Developer, o.User); err != nil {
		return nil, err
	}
	if s.limiter == nil {
		s.limiter = ratelimit.NewLocal()
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.observe == nil {
		s.observe = func(string, token.Family, string) {}
	}
	if s.afterImport == nil {
		s.afterImport = func(context.Context) error { return nil }
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// CheckOpaqueFamilies reports what [New] would refuse of them.
func CheckOpaqueFamilies(developer, user OpaqueFamily) error {
	_, err := opaqueFamilies(developer, user)
	return err
}

func opaqueFamilies(developer, user OpaqueFamily) (map[token.Family]OpaqueFamily, error) {
	developer.Prefix, user.Prefix = cmp.Or(developer.Prefix, "jt"), cmp.Or(user.Prefix, "token")
	families := map[token.Family]OpaqueFamily{token.Developer: developer, token.User: user}
	for family, o := range families {
		if !token.ValidPrefix(o.Prefix) {
			return nil, fmt.Errorf(`prefix %q of %s tokens: use 1 to 16 of a-z, 0-9 and "_", first a letter and last no "_"`, o.Prefix, family)
		}
		if err := o.Policy.Validate(); err != nil {
			return nil, fmt.Errorf("%s tokens: %w", family, err)
		}
	}
	if developer.Prefix == user.Prefix {
		return nil, fmt.Errorf("developer and user tokens have the same prefix %q: nobody could tell them apart", user.Prefix)
	}
	return families, nil
}

// Authenticate finds whose secret this is.
func (s *Service) Authenticate(secret string) (*Principal, bool) {
	return s.keys.Authenticate(secret)
}

// AdmitMint takes one request that makes tokens from what the principal may do.
// Minting itself does not ask again.
func (s *Service) AdmitMint(ctx context.Context, p *Principal) ratelimit.Decision {
	d := s.limiter.Allow(ctx, "mint/"+p.name, p.mint)
	if !d.Allowed {
		s.observe(string(ActionMint), "", string(OutcomeLimited))
	}
	return d
}

// Caller is who asks, and from where: what the audit log keeps of a request.
type Caller struct {
	*Principal
	ClientIP  string
	RequestID string
}
