package keyring

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

func TestASignatureIsGoodForItsPurposeOnly(t *testing.T) {
	ring := open(t, newMemory())
	message := []byte("a record")
	signature, kid, err := ring.SignFor(t.Context(), "records", message, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	key, ok := ring.PublicKey(kid)
	if !ok || ed25519.VerifyWithOptions(key, message, signature, &ed25519.Options{Context: "records"}) != nil {
		t.Error("the signature does not fit")
	}
	if ed25519.VerifyWithOptions(key, message, signature, &ed25519.Options{Context: "other"}) == nil || ed25519.Verify(key, message, signature) {
		t.Error("the signature is good for another purpose")
	}
	for _, purpose := range []string{"", strings.Repeat("x", 256)} {
		if signature, _, err := ring.SignFor(t.Context(), purpose, message, time.Time{}); err == nil || signature != nil {
			t.Errorf("signed for a purpose of %d bytes", len(purpose))
		}
	}
}

func TestNoTextThatIsSignedForAPurposeMakesAJWT(t *testing.T) {
	ring := open(t, newMemory())
	genuine, _, err := ring.Sign(t.Context(), []byte(`{"jti":"abc"}`), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := token.ParseJWT(genuine)
	if err != nil {
		t.Fatal(err)
	}
	signature, kid, err := ring.SignFor(t.Context(), "records", []byte(jwt.Signed), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if key, _ := ring.PublicKey(kid); ed25519.Verify(key, []byte(jwt.Signed), signature) {
		t.Error("what was signed as a record is a token")
	}
}

func TestAKeyIsKeptForWhatItSignedForAPurpose(t *testing.T) {
	storage := newMemory()
	ring := open(t, storage)
	end := time.Now().Add(time.Hour)
	if _, _, err := ring.SignFor(t.Context(), "records", nil, end); err != nil {
		t.Fatal(err)
	}
	if got := open(t, storage).List()[0].Horizon; got.Before(end) {
		t.Errorf("the key is kept until %s, what it signed until %s", got, end)
	}
	storage.setBroken(errors.New("no route to storage"))
	if signature, _, err := ring.SignFor(t.Context(), "records", nil, time.Time{}); !errors.Is(err, storage.broken) || signature != nil {
		t.Errorf("signed for ever, and nobody knows: %v", err)
	}
}
