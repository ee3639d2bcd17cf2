package keyring

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// jwksMaxAge is how long a reader may keep the key set without asking again.
const jwksMaxAge = 5 * time.Minute

// jwk is a public key in JSON (RFC 7517 and RFC 8037, section 2).
type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	KeyID     string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

func (s keyset) jwks() (body []byte, etag string) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: make([]jwk, len(s))}
	for i, k := range s {
		set.Keys[i] = jwk{KeyType: "OKP", Curve: "Ed25519", X: encode(k.public), KeyID: k.ID, Use: "sig", Algorithm: "EdDSA"}
	}
	body, _ = json.Marshal(set) // strings only: cannot fail
	sum := sha256.Sum256(body)
	return body, `"` + encode(sum[:16]) + `"`
}

// ServeJWKS answers GET and HEAD with the public keys as a JSON Web Key Set (RFC
// 7517), with a strong ETag.
func (r *Ring) ServeJWKS(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		refusal.Write(w, "", refusal.Method("GET, HEAD"))
		return
	}
	s := r.current.Load()
	h := w.Header()
	h.Set("Content-Type", "application/jwk-set+json")
	h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(jwksMaxAge/time.Second)))
	h.Set("ETag", s.etag)
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(s.jwks))
}
