package keyring

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// horizonStep is how far a horizon is raised beyond what is asked, so that
// storage is written about once a day and not for every token.
const horizonStep = 24 * time.Hour

// lastYear is the last one that a stored time can name (RFC 3339).
const lastYear = 9999

// Sign writes payload as a JWT signed by the active key. expiresAt is the end of
// the token, zero for never: the key is kept for at least that long. When storage
// does not yet know of such a late end and does not answer, there is no token.
func (r *Ring) Sign(ctx context.Context, payload []byte, expiresAt time.Time) (jwt, keyID string, err error) {
	k, err := r.signer(ctx, expiresAt)
	if err != nil {
		return "", "", fmt.Errorf("signing with %s: %w", r, err)
	}
	jwt, err = token.EncodeJWT(payload, k.ID, k.sign)
	if err != nil {
		return "", "", fmt.Errorf("signing with %s: %w", r, err)
	}
	return jwt, k.ID, nil
}

// SignFor signs a message for a purpose, 1 to 255 bytes: no JWT and no signature for
// another purpose can be taken for it (Ed25519ctx, RFC 8032, section 5.1). The key is
// kept until expiresAt, as for [Ring.Sign].
func (r *Ring) SignFor(ctx context.Context, purpose string, message []byte, expiresAt time.Time) (signature []byte, keyID string, err error) {
	if purpose == "" {
		return nil, "", fmt.Errorf("signing with %s: no purpose", r)
	}
	k, err := r.signer(ctx, expiresAt)
	if err != nil {
		return nil, "", fmt.Errorf("signing with %s: %w", r, err)
	}
	signature, err = k.private().Sign(nil, message, &ed25519.Options{Context: purpose})
	if err != nil {
		return nil, "", fmt.Errorf("signing with %s: %w", r, err)
	}
	return signature, k.ID, nil
}

// signer is the active key, once storage knows that it is needed until expiresAt.
func (r *Ring) signer(ctx context.Context, expiresAt time.Time) (*key, error) {
	now := r.now()
	s := r.current.Load()
	if r.storage != nil && !s.keys[s.keys.signer(now)].covers(expiresAt) {
		var err error
		s, err = r.update(ctx, func(keys keyset) (keyset, bool) {
			return keys, keys[keys.signer(now)].cover(expiresAt)
		})
		if err != nil {
			return nil, err
		}
	}
	return s.keys[s.keys.signer(now)], nil
}

// covers reports whether storage knows that the key is needed until expiresAt.
func (k *key) covers(expiresAt time.Time) bool {
	return k.Never || !expiresAt.IsZero() && !expiresAt.After(k.Horizon)
}

// cover makes [key.covers] true and reports whether anything changed.
func (k *key) cover(expiresAt time.Time) bool {
	if k.covers(expiresAt) {
		return false
	}
	horizon := expiresAt.UTC().Add(horizonStep)
	if expiresAt.IsZero() || horizon.Year() > lastYear {
		k.Never = true
		return true
	}
	k.Horizon = horizon
	return true
}
