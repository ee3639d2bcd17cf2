package keyring

import (
	"context"
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
