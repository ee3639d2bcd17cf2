package verifier

import (
	"crypto/ed25519"
	"testing"

	"github.com/sekisho-project/sekisho/token"
)

func BenchmarkKnownToken(b *testing.B) {
	g := newGate(b)
	r := request("Authorization", "Bearer "+g.mint(b, grant()))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := g.Authenticate(r); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkNewToken is to be compared with [BenchmarkSignatureAlone].
func BenchmarkNewToken(b *testing.B) {
	g := newGate(b)
	jwt := g.mint(b, grant())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.read(jwt); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignatureAlone(b *testing.B) {
	g := newGate(b)
	jwt, err := token.ParseJWT(g.mint(b, grant()))
	if err != nil {
		b.Fatal(err)
	}
	message := []byte(jwt.Signed)
	b.ReportAllocs()
	for b.Loop() {
		ed25519.Verify(g.ring.public, message, jwt.Signature)
	}
}

func BenchmarkStranger(b *testing.B) {
	g := newGate(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = g.Verify("dev_abc123_0123456789abcdef0123456789abcdef")
	}
}
