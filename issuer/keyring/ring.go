package keyring

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/sekisho-project/sekisho/token"
)

// The names of the two rings.
const (
	Signing  = "signing"  // signs what clients hold
	Upstream = "upstream" // signs what the gate shows to the server behind it
)

// DefaultPublishLead is how long a new key is public before it signs.
const DefaultPublishLead = 10 * time.Minute

// minPublishLead is the time after which every node has re-read storage and
// every copy of the key set that HTTP allows has run out.
const minPublishLead = reloadInterval + jwksMaxAge

var (
	// ErrStatic reports a change to a ring whose keys come from the configuration.
	ErrStatic = errors.New("the signing keys come from the configuration and are rotated there")
	// ErrMalformed reports key material or a stored ring that cannot be used.
	ErrMalformed = errors.New("malformed signing keys")
)

// Options of [Open]. The zero value of each field but Name is its default.
type Options struct {
	// Name of the ring: [Signing] or [Upstream]. It names the document in storage.
	Name string
	// PublishLead is how long a new key is public before it signs: at least 6
	// minutes, [DefaultPublishLead] when zero.
	PublishLead time.Duration
	Logger      *slog.Logger
	Now         func() time.Time
}

// Ring is a set of keys, one of which signs. It may be used by many goroutines.
type Ring struct {
	name    string
	lead    time.Duration
	storage Storage // nil when static
	log     *slog.Logger
	now     func() time.Time

	turn    *semaphore.Weighted // held while storage is read and the outcome published
	current atomic.Pointer[snapshot]
}

// Open loads the ring from storage, or makes its first key under the storage
// lock. A stored ring that cannot be read is [ErrMalformed], never a new ring.
func Open(ctx context.Context, storage Storage, o Options) (*Ring, error) {
	lead := cmp.Or(o.PublishLead, DefaultPublishLead)
	switch {
	case !token.ValidName(o.Name):
		return nil, fmt.Errorf("opening key ring: %q is no valid name", o.Name)
	case lead < minPublishLead:
		return nil, fmt.Errorf("opening key ring %s: a new key must be public for at least %s before it signs", o.Name, minPublishLead)
	}
	r := newRing(o)
	r.lead, r.storage = lead, storage
	if err := r.open(ctx); err != nil {
		return nil, fmt.Errorf("opening key ring %s: %w", o.Name, err)
	}
	return r, nil
}

// Static is a ring of fixed keys, each one PKCS#8 PEM block with an Ed25519
// private key. The first signs, all verify.
func Static(pems ...[]byte) (*Ring, error) {
	var keys keyset
	for i, text := range pems {
		private, err := parsePrivate(text)
		if err != nil {
			return nil, fmt.Errorf("signing key %d: %w", i+1, err)
		}
		keys = append(keys, newKey(private))
	}
	slices.Reverse(keys) // of keys that are all active, the last one signs
	if err := keys.check(); err != nil {
		return nil, err
	}
	r := newRing(Options{Name: "static"})
	r.current.Store(newSnapshot(keys))
	return r, nil
}

func newRing(o Options) *Ring {
	r := &Ring{name: o.Name, log: cmp.Or(o.Logger, slog.Default()), now: o.Now, turn: semaphore.NewWeighted(1)}
	if r.now == nil {
		r.now = time.Now
	}
	return r
}

// PublicKey finds the key with the id kid among all that verify. It takes no
// lock and allocates nothing.
func (r *Ring) PublicKey(kid string) (ed25519.PublicKey, bool) {
	key, ok := r.current.Load().public[kid]
	return key, ok
}

// List describes all keys, the oldest first.
func (r *Ring) List() []KeyInfo {
	return r.current.Load().keys.describe(r.now())
}

// String names the ring and nothing in it.
func (r *Ring) String() string { return "key ring " + r.name }

// GoString is [Ring.String]: no verb of fmt looks inside a ring.
func (r *Ring) GoString() string { return r.String() }

// LogValue is [Ring.String]: no log handler looks inside a ring.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }
