package keyring

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// MaxUpstreamLifetime bounds the tokens that the gate shows to the server behind it.
const MaxUpstreamLifetime = time.Hour

// ErrUpstreamLifetime reports a token for the server behind the gate that would
// not end soon.
var ErrUpstreamLifetime = errors.New("a token for the upstream must end within an hour")

// ErrShared reports a key that is to do both jobs.
var ErrShared = errors.New("one key is to sign for clients and for the upstream: a client's token would be good at the upstream itself")

// CheckApart reports a key that both rings have, as [ErrShared]. A ring may be nil.
func CheckApart(signing, upstream *Ring) error {
	if signing == nil || upstream == nil {
		return nil
	}
	for _, key := range upstream.List() {
		if _, both := signing.PublicKey(key.ID); both {
			return fmt.Errorf("%w: key %s", ErrShared, key.ID)
		}
	}
	return nil
}

// UpstreamSigner signs what the gate shows to the server behind it. It is a type
// of its own so that the two rings cannot be mistaken for each other.
type UpstreamSigner struct{ *Ring }

// NewUpstreamSigner signs with the active key of ring.
func NewUpstreamSigner(ring *Ring) *UpstreamSigner { return &UpstreamSigner{Ring: ring} }

// SignUpstream writes payload as a JWT. Its "exp" must lie within
// [MaxUpstreamLifetime], else [ErrUpstreamLifetime].
func (u *UpstreamSigner) SignUpstream(payload []byte) (string, error) {
	var claims struct {
		ExpiresAt int64 `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", fmt.Errorf("signing for the upstream: %w", err)
	}
	expiresAt := time.Unix(claims.ExpiresAt, 0)
	if claims.ExpiresAt <= 0 || expiresAt.After(u.now().Add(MaxUpstreamLifetime)) {
		return "", ErrUpstreamLifetime
	}
	jwt, _, err := u.Sign(context.Background(), payload, expiresAt)
	return jwt, err
}

// derivedSize is the length of a derived secret, in bytes.
const derivedSize = 32

// Derive makes a secret of 32 bytes for a purpose out of each key of the ring
// (HKDF-SHA256, RFC 5869): first that of the key which signs, then the others.
// Every node of a fleet derives the same ones.
func (u *UpstreamSigner) Derive(purpose string) ([][]byte, error) {
	keys := u.current.Load().keys
	signer := keys.signer(u.now())
	secrets := make([][]byte, 1, len(keys))
	for i, k := range keys {
		secret, err := hkdf.Key(sha256.New, k.private().Seed(), nil, "sekisho "+purpose, derivedSize)
		if err != nil {
			return nil, fmt.Errorf("deriving a secret from %s: %w", k, err)
		}
		if i == signer {
			secrets[0] = secret
		} else {
			secrets = append(secrets, secret)
		}
	}
	return secrets, nil
}
