package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
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

func derive(t *testing.T, u *UpstreamSigner, purpose string) [][]byte {
	t.Helper()
	secrets, err := u.Derive(purpose)
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

func TestAFleetDerivesTheSameSecrets(t *testing.T) {
	shared := newMemory()
	var gates []*UpstreamSigner
	for range 2 {
		ring, err := Open(t.Context(), shared, Options{Name: Upstream})
		if err != nil {
			t.Fatal(err)
		}
		gates = append(gates, NewUpstreamSigner(ring))
	}
	ours, theirs := derive(t, gates[0], "a"), derive(t, gates[1], "a")
	if len(ours) != 1 || len(ours[0]) != 32 || !bytes.Equal(ours[0], theirs[0]) {
		t.Errorf("%d secrets; not the same on both nodes", len(ours))
	}
	if stranger := derive(t, upstreamSigner(t), "a"); bytes.Equal(ours[0], stranger[0]) {
		t.Error("another fleet derives the same secret")
	}
	if other := derive(t, gates[0], "b"); bytes.Equal(ours[0], other[0]) {
		t.Error("one secret serves two purposes")
	}
}

func TestTheSecretOfTheSigningKeyComesFirst(t *testing.T) {
	signer := upstreamSigner(t)
	before := derive(t, signer, "a")
	if _, err := signer.Rotate(t.Context(), RotateOptions{}); err != nil {
		t.Fatal(err)
	}
	published := derive(t, signer, "a")
	if len(published) != 2 || !bytes.Equal(published[0], before[0]) {
		t.Error("a key that other nodes may not know yet comes first")
	}
	if _, err := signer.Rotate(t.Context(), RotateOptions{Now: true}); err != nil {
		t.Fatal(err)
	}
	after := derive(t, signer, "a")
	if len(after) != 3 || bytes.Equal(after[0], before[0]) {
		t.Error("the key that signs does not come first")
	}
	for _, old := range published {
		if !slices.ContainsFunc(after, func(s []byte) bool { return bytes.Equal(s, old) }) {
			t.Error("the secret of an older key is gone")
		}
	}
}

func TestOneKeyDoesNotDoBothJobs(t *testing.T) {
	ring := func(pems ...[]byte) *Ring {
		r, err := Static(pems...)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b, c := newPEM(t), newPEM(t), newPEM(t)
	if err := CheckApart(ring(a, b), ring(c, b)); !errors.Is(err, ErrShared) {
		t.Errorf("a key in both: %v", err)
	}
	for _, upstream := range []*Ring{ring(c), nil} {
		if err := CheckApart(ring(a, b), upstream); err != nil {
			t.Errorf("no key in both: %v", err)
		}
	}
}
