package keyring

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"
)

// What a gate has handed out under a derived secret is good for the next version too,
// and for nodes of both versions at once.
func TestADerivedSecretStaysTheSame(t *testing.T) {
	seed, err := hex.DecodeString("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := Static(pemOf(t, ed25519.NewKeyFromSeed(seed)))
	if err != nil {
		t.Fatal(err)
	}
	const want = "d4e3d8c04c6951ba430e555b247ae79f2d8b21c892c26d3e7b84c3a64d5cd629" // by RFC 5869, of that seed and "sekisho libsql baton"
	if got := hex.EncodeToString(derive(t, NewUpstreamSigner(ring), "libsql baton")[0]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
