package caddymodule

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// keyFile writes a new private key as PEM and gives the file's path.
func keyFile(t *testing.T) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "signing.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNodesWithTheSameSigningKeyTakeEachOthersTokens(t *testing.T) {
	dial := upstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answered) })
	key := keyFile(t)
	node := func(signingKey string) string {
		// Each has a store of its own: the key is all that they share.
		return load(t, global("store embedded "+t.TempDir()+"\nsigning_key {file."+signingKey+"}")+site(dial))
	}
	jwt, _ := mint(t, node(key), "")
	if response, body := call(t, "POST", node(key)+"/v2/pipeline", jwt, pipeline); response.StatusCode != 200 {
		t.Errorf("on a node with the same key: %d %s", response.StatusCode, body)
	}
	if response, body := call(t, "POST", node(keyFile(t))+"/v2/pipeline", jwt, pipeline); response.StatusCode != 401 {
		t.Errorf("on a node with another key: %d %s", response.StatusCode, body)
	}
}

func TestAKeyThatIsReplacedByAReloadVerifiesNothing(t *testing.T) {
	dial := upstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answered) })
	store := "store embedded " + t.TempDir()
	with := func(signingKey string) string {
		return load(t, global(store+"\nsigning_key {file."+signingKey+"}")+site(dial))
	}
	first, second := keyFile(t), keyFile(t)
	jwt, _ := mint(t, with(first), "")
	for _, c := range []struct {
		key    string
		status int
	}{{first, 200}, {second, 401}, {first, 200}} {
		if response, body := call(t, "POST", with(c.key)+"/v2/pipeline", jwt, pipeline); response.StatusCode != c.status {
			t.Errorf("%d %s, want %d", response.StatusCode, body, c.status)
		}
	}
}
