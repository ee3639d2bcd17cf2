package revocation_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier"
)

// ring is a key ring with one key, which has every id.
type ring ed25519.PublicKey

func (r ring) PublicKey(string) (ed25519.PublicKey, bool) { return ed25519.PublicKey(r), true }

// newRequests makes requests with distinct tokens.
func newRequests(b *testing.B, key ed25519.PrivateKey, n int) []*http.Request {
	b.Helper()
	requests := make([]*http.Request, n)
	for i := range requests {
		payload, err := json.Marshal(token.NewClaims(&token.Grant{
			ID: token.NewID(), Family: token.Database, Organization: "my-org", Database: "my-db",
			Access: token.FullAccess, IssuedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
		}))
		if err != nil {
			b.Fatal(err)
		}
		jwt, err := token.EncodeJWT(payload, "key-1", func(m []byte) []byte { return ed25519.Sign(key, m) })
		if err != nil {
			b.Fatal(err)
		}
		requests[i] = &http.Request{Header: http.Header{"Authorization": {"Bearer " + jwt}}}
	}
	return requests
}

// BenchmarkCheck is the whole check of tokens that were seen before, while so many
// ids are revoked; and its floor, no more than a SHA-256 of the same tokens.
func BenchmarkCheck(b *testing.B) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{0, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("ids=%d", n), func(b *testing.B) {
			v, err := verifier.New(verifier.Options{
				Keys: ring(public), Revocations: revocation.FilledMirror(n), Families: []token.Family{token.Database},
			})
			if err != nil {
				b.Fatal(err)
			}
			for _, tokens := range []int{1, 1000} {
				requests := newRequests(b, private, tokens)
				b.Run(fmt.Sprintf("tokens=%d/check", tokens), func(b *testing.B) {
					walk(b, tokens, func(i int) {
						if _, err := v.Authenticate(requests[i]); err != nil {
							b.Error(err)
						}
					})
				})
				b.Run(fmt.Sprintf("tokens=%d/sha256", tokens), func(b *testing.B) {
					texts := make([][]byte, tokens)
					for i, r := range requests {
						texts[i] = []byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
					}
					walk(b, tokens, func(i int) { sha256.Sum256(texts[i]) })
				})
			}
		})
	}
}

// walk does something with each of n things in turn, on all CPUs.
func walk(b *testing.B, n int, do func(i int)) {
	for i := range n {
		do(i) // so that all are known when the clock starts
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i = (i + 1) % n {
			do(i)
		}
	})
}
