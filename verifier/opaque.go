package verifier

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// lookUpTime bounds the look-up of one record.
const lookUpTime = time.Second

// maxMisses bounds look-ups that find nothing. The checksum of a credential is no
// secret, so that a stranger can make any number that look like ours. Beyond this
// rate a credential that is not in memory is answered 503: it may be good, so
// that it must not hear that it is invalid. Those in memory are not affected.
var maxMisses = ratelimit.Rate{Requests: 1000, Per: 2 * time.Second}

// Records finds the record of a token by id; *store.Store does. Its errors are
// those of the store package.
type Records interface {
	Token(ctx context.Context, id string) (store.Record, error)
}

// Opaque finds what opaque credentials grant. Verifiers of one node should share
// it, as its limits are those of a node.
type Opaque struct {
	records  Records
	keys     Keys
	prefixes map[string]token.Family
	imported *Imported

	flights   singleflight.Group
	misses    *ratelimit.Bucket
	strangers strangers
}

// NewOpaque makes an Opaque, which believes the records that one of keys has signed.
// The prefixes say which family a credential is of; imported, unless nil, knows
// credentials of another form.
func NewOpaque(records Records, keys Keys, prefixes map[string]token.Family, imported *Imported) (*Opaque, error) {
	if records == nil || keys == nil {
		return nil, errors.New("verifier: opaque credentials need records and keys")
	}
	for prefix, family := range prefixes {
		if !token.ValidPrefix(prefix) || !family.Opaque() {
			return nil, fmt.Errorf("verifier: prefix %q cannot be one of family %q", prefix, family)
		}
	}
	return &Opaque{
		records: records, keys: keys, prefixes: maps.Clone(prefixes), imported: imported, misses: ratelimit.NewBucket(maxMisses),
	}, nil
}

// readOpaque finds what never changes about an opaque token. What is wrong with
// a credential by its form or prefix costs no look-up.
func (v *Verifier) readOpaque(credential string, now time.Time) (*token.Grant, error) {
	o := v.opaque
	digest := token.OpaqueDigest(credential)
	id, family, known := o.parse(credential)
	if !known {
		var loaded bool
		if id, known, loaded = o.imported.find(&digest); !loaded {
			return nil, unready(nil)
		}
	}
	switch {
	case !known:
		return nil, v.invalid(refusal.Malformed, nil)
	case family != "" && !slices.Contains(v.families, family):
		return nil, v.invalid(refusal.WrongFamily, nil)
	case o.strangers.has(&digest, now):
		return nil, v.invalid(refusal.Unknown, nil)
	case !o.misses.Take(now):
		return nil, undecided(refusal.StoreUnavailable, refusal.OverLimit,
			"Too many unknown tokens are tried here, so that this one was not looked up. Try again.", nil)
	}
	g, reason, err := o.lookUp(id, family, &digest)
	if reason == refusal.StoreDown {
		return nil, undecided(refusal.StoreUnavailable, reason, "The token store does not answer. Try again.", err)
	}
	if reason != refusal.Allowed {
		o.strangers.add(&digest, now)
		return nil, v.invalid(reason, err)
	}
	o.misses.GiveBack()
	return g, nil
}

// parse finds id and family of a credential in our own form.
func (o *Opaque) parse(credential string) (id string, family token.Family, ok bool) {
	if id, ok = token.ParseOpaque(credential); !ok {
		return "", "", false
	}
	family, ok = o.prefixes[token.OpaquePrefix(id)]
	return id, family, ok
}

// lookUp reads a record once for all who ask at the same time, and compares it with a
// credential. The record proves nothing by itself, since others may write to Redis: its
// signature does, as that of a JWT. The caller judges revocations after that, so that a
// slow look-up brings back nothing that was revoked meanwhile. An empty family is any
// opaque one. The error, which may be nil, is for the log.
func (o *Opaque) lookUp(id string, family token.Family, digest *[sha256.Size]byte) (*token.Grant, refusal.Reason, error) {
	found, err, _ := o.flights.Do(id, func() (any, error) {
		// The time is that of all who wait, and not of a client that may go away.
		ctx, cancel := context.WithTimeout(context.Background(), lookUpTime)
		defer cancel()
		record, err := o.records.Token(ctx, id)
		return &record, err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, refusal.Unknown, nil
	case errors.Is(err, store.ErrMalformed):
		return nil, refusal.BadClaims, err
	case err != nil:
		return nil, refusal.StoreDown, err
	}
	record := found.(*store.Record)
	if subtle.ConstantTimeCompare(record.Digest[:], digest[:]) != 1 {
		return nil, refusal.BadSignature, nil
	}
	key, ok := o.keys.PublicKey(record.KeyID)
	switch {
	case !ok:
		return nil, refusal.UnknownKey, fmt.Errorf("the record of token %s is signed with key %.80q, which this node does not have", id, record.KeyID)
	case !record.SignedBy(key):
		return nil, refusal.BadSignature, fmt.Errorf("the record of token %s is not as it was signed", id)
	case !record.Family.Opaque() || family != "" && record.Family != family:
		return nil, refusal.WrongFamily, nil
	case !record.RevokedAt.IsZero():
		return nil, refusal.Revoked, nil
	}
	return record.Grant(), refusal.Allowed, nil
}
