package issuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// maxSecretLength bounds a secret that is looked at, in bytes.
const maxSecretLength = 512

// ErrNoAdminKey reports a list of admin keys with nothing in it: nobody could
// mint or revoke.
var ErrNoAdminKey = errors.New("no admin key")

// AdminKey is a principal and the digest of the secret that proves it. The
// secret itself is not kept.
type AdminKey struct {
	principal Principal
	digest    [sha256.Size]byte
	length    int // of the secret, in bytes
}

// NewAdminKey keeps the digest of secret. A secret that others know or could
// guess is [ErrWeakSecret].
func NewAdminKey(name, secret string, limits Limits) (*AdminKey, error) {
	if err := checkSecret(secret); err != nil {
		return nil, err
	}
	p, err := newPrincipal(name, limits)
	if err != nil {
		return nil, err
	}
	return &AdminKey{principal: p, digest: sha256.Sum256([]byte(secret)), length: len(secret)}, nil
}

// AdminKeys is everybody who may mint.
type AdminKeys struct {
	keys    []*AdminKey
	lengths [maxSecretLength + 1]bool // that secrets of keys have
}

// NewAdminKeys collects keys, of which there must be one at least, no two with
// the same name or the same secret.
func NewAdminKeys(keys ...*AdminKey) (*AdminKeys, error) {
	if len(keys) == 0 {
		return nil, ErrNoAdminKey
	}
	for i, k := range keys {
		for _, other := range keys[:i] {
			if k.principal.name == other.principal.name {
				return nil, fmt.Errorf("admin key %q stands twice", k.principal.name)
			}
			if k.digest == other.digest {
				return nil, fmt.Errorf("admin keys %q and %q have the same secret: the audit log could not tell them apart",
					other.principal.name, k.principal.name)
			}
		}
	}
	all := &AdminKeys{keys: keys}
	for _, k := range keys {
		all.lengths[k.length] = true
	}
	return all, nil
}

// Authenticate finds whose secret this is. It takes the same time whichever key
// matches, or none.
func (a *AdminKeys) Authenticate(secret string) (*Principal, bool) {
	if len(secret) > maxSecretLength {
		return nil, false
	}
	digest := sha256.Sum256([]byte(secret))
	found := -1
	for i, k := range a.keys {
		match := subtle.ConstantTimeCompare(digest[:], k.digest[:])
		found = subtle.ConstantTimeSelect(match, i, found)
	}
	if found < 0 {
		return nil, false
	}
	return &a.keys[found].principal, true
}

// Holds reports whether this is the secret of a key. It is for requests that are
// mostly no business of an admin key: what has the length of no secret costs no
// digest, which may tell these lengths, and nothing else.
func (a *AdminKeys) Holds(secret string) bool {
	if len(secret) > maxSecretLength || !a.lengths[len(secret)] {
		return false
	}
	_, ok := a.Authenticate(secret)
	return ok
}
