package keyring

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"time"
)

// State is where a key stands in its life.
type State string

// The states of a key. All of them verify.
const (
	Published State = "published" // known to all, will sign later
	Active    State = "active"    // signs
	Retired   State = "retired"   // signs no more, verifies until its last token is dead
)

// KeyInfo describes a key. It holds nothing secret.
type KeyInfo struct {
	ID         string    `json:"id"` // thumbprint (RFC 7638) of the public key
	CreatedAt  time.Time `json:"created_at,omitzero"`
	ActiveFrom time.Time `json:"active_from,omitzero"`
	State      State     `json:"state"`
	// Horizon is a time at which every token of this key that ends has ended;
	// zero as long as there is none.
	Horizon time.Time `json:"horizon,omitzero"`
	// Never says that the key signed a token without an end, so that it is kept
	// for good.
	Never bool `json:"never"`
}

// NeededAt reports whether a token of this key may live at the time at.
func (k KeyInfo) NeededAt(at time.Time) bool { return k.Never || k.Horizon.After(at) }

// key is a key pair with its history. The private half stands behind a function,
// where no formatting, logging or encoding by reflection can find it.
type key struct {
	KeyInfo
	public  ed25519.PublicKey
	private func() ed25519.PrivateKey
}

func newKey(private ed25519.PrivateKey) *key {
	public := private.Public().(ed25519.PublicKey)
	return &key{
		KeyInfo: KeyInfo{ID: thumbprint(public)},
		public:  public,
		private: func() ed25519.PrivateKey { return private },
	}
}

// generate draws a new key that signs from activeFrom on.
func generate(now, activeFrom time.Time) (*key, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("drawing a signing key: %w", err)
	}
	k := newKey(private)
	k.CreatedAt = now.UTC().Truncate(time.Second)
	k.ActiveFrom = activeFrom.UTC().Truncate(time.Second)
	return k, nil
}

func (k *key) sign(message []byte) []byte { return ed25519.Sign(k.private(), message) }

func (k *key) String() string       { return "key " + k.ID }
func (k *key) GoString() string     { return k.String() }
func (k *key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// thumbprint is the key id: SHA-256 over the members of the public JWK that are
// required, in lexical order (RFC 7638, section 3; RFC 8037, section 2).
func thumbprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(public) + `"}`))
	return encode(sum[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
