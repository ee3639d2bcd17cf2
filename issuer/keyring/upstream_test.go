package keyring

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

func upstreamSigner(t *testing.T) *UpstreamSigner {
	t.Helper()
	ring, err := Open(t.Context(), newMemory(), Options{Name: Upstream})
	if err != nil {
		t.Fatal(err)
	}
	return NewUpstreamSigner(ring)
}

func TestUpstreamTokenIsSignedByTheUpstreamRing(t *testing.T) {
	signer := upstreamSigner(t)
	payload := fmt.Sprintf(`{"p":{"ro":{"ns":["my-db"]}},"exp":%d}`, time.Now().Add(5*time.Minute).Unix())
	signed, err := signer.SignUpstream([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := token.ParseJWT(signed)
	if err != nil || string(jwt.Payload) != payload || !knows(signer.Ring, jwt.KeyID) {
		t.Errorf("payload %s, key %s, error %v", jwt.Payload, jwt.KeyID, err)
	}
}

func TestUpstreamTokensThatAreNotShortLivedAreRefused(t *testing.T) {
	signer := upstreamSigner(t)
	for name, payload := range map[string]string{
		"no end":          `{"p":{}}`,
		"an end of null":  `{"exp":null}`,
		"a negative end":  `{"exp":-1}`,
		"two hours":       fmt.Sprintf(`{"exp":%d}`, time.Now().Add(2*time.Hour).Unix()),
		"an end in words": `{"exp":"soon"}`,
		"two ends":        `{"exp":1,"exp":99999999999}`,
		"no JSON":         `exp`,
	} {
		t.Run(name, func(t *testing.T) {
			if jwt, err := signer.SignUpstream([]byte(payload)); err == nil || jwt != "" {
				t.Error("it was signed")
			}
		})
	}
	if _, err := signer.SignUpstream([]byte(`{}`)); !errors.Is(err, ErrUpstreamLifetime) {
		t.Errorf("got %v", err)
	}
}
