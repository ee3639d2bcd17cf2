package verifier

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/sekisho-project/sekisho/token"
)

const (
	// MaxLeeway is the most that clocks may disagree, and the default.
	MaxLeeway = 5 * time.Second
	// DefaultRealm stands in challenges (RFC 9110, section 11.5).
	DefaultRealm = "sekisho"

	// flightGroups spread first sights over as many locks.
	flightGroups = 16
)

// Keys finds the public key with an id. It is asked for every request, so it
// must not wait.
type Keys interface {
	PublicKey(kid string) (ed25519.PublicKey, bool)
}

// Revocations judges whether a grant was taken back, without waiting. Its errors
// are those of the revocation package.
type Revocations interface {
	Judge(g *token.Grant, now time.Time) error
}

// Options of [New].
type Options struct {
	Keys        Keys
	Revocations Revocations
	// Opaque finds opaque credentials; without it they are refused.
	Opaque *Opaque
	// Families that may pass; a token of any other is refused. At least one.
	Families []token.Family
	// Leeway for clocks that disagree: at most [MaxLeeway], which zero stands for.
	// Below zero there is none.
	Leeway time.Duration
	// Realm for challenges: printable ASCII without quotes and backslashes.
	// [DefaultRealm] when empty.
	Realm string
	// Cache remembers verified tokens; without one, the verifier has its own of
	// [DefaultCacheEntries] and [DefaultCacheBytes].
	Cache *Cache
	// Observe, unless nil, is told how long each verification took.
	Observe func(took time.Duration)
	Now     func() time.Time // the clock, time.Now if nil
}

// Verifier checks credentials. It may be used by many goroutines.
type Verifier struct {
	keys        Keys
	revocations Revocations
	opaque      *Opaque
	families    []token.Family
	leeway      time.Duration
	realm       string
	observe     func(time.Duration)
	now         func() time.Time
	known       *Cache
	flights     [flightGroups]singleflight.Group
}

// New checks the options and makes a verifier.
func New(o Options) (*Verifier, error) {
	v := &Verifier{
		keys: o.Keys, revocations: o.Revocations, opaque: o.Opaque, families: slices.Clone(o.Families),
		leeway: max(0, cmp.Or(o.Leeway, MaxLeeway)), realm: cmp.Or(o.Realm, DefaultRealm),
		observe: o.Observe, now: o.Now, known: o.Cache,
	}
	if v.now == nil {
		v.now = time.Now
	}
	switch {
	case o.Keys == nil || o.Revocations == nil:
		return nil, errors.New("verifier: keys and revocations are needed")
	case len(o.Families) == 0:
		return nil, errors.New("verifier: no family of tokens is allowed to pass")
	case v.leeway > MaxLeeway:
		return nil, fmt.Errorf("verifier: leeway %s is more than %s", v.leeway, MaxLeeway)
	case strings.ContainsFunc(v.realm, notQuotable):
		return nil, fmt.Errorf("verifier: realm %q: use printable ASCII without quotes and backslashes", v.realm)
	}
	if v.known != nil {
		return v, nil
	}
	var err error
	v.known, err = NewCache(DefaultCacheEntries, DefaultCacheBytes)
	return v, err
}

func notQuotable(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }

// Authenticate takes the one credential of a request and verifies it. Every
// error is a *refusal.Refusal.
func (v *Verifier) Authenticate(r *http.Request) (*token.Grant, error) {
	return v.AuthenticateScanned(r, scan(r))
}

// AuthenticateScanned is Authenticate for a request all of whose headers were scanned.
func (v *Verifier) AuthenticateScanned(r *http.Request, scanned Scan) (*token.Grant, error) {
	credential, err := takeUnchecked(r, scanned, v.realm)
	if err != nil {
		return nil, err
	}
	print := v.known.fingerprints.of(credential)
	if g, known := v.known.get(print); known {
		return v.judged(g, v.now())
	}
	// What is in memory was looked at letter by letter when it came first.
	if !token.IsB64Token(credential) {
		return nil, malformedHeader(v.realm)
	}
	return v.meet(credential, print)
}

// Bare refuses a request that carries a credential anywhere, where one is expected
// later inside the protocol. The error is a *refusal.Refusal.
func (v *Verifier) Bare(r *http.Request) error {
	if scan(r).CarriesNone(r) {
		return nil
	}
	return early(v.realm)
}
