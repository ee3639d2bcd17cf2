package verifier

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// BenchmarkKnownToken checks a token that is in memory, and compares that with the
// SHA-256 that is part of it.
func BenchmarkKnownToken(b *testing.B) {
	for _, goroutines := range []int{1, 8} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			g := newGate(b)
			r := request("Authorization", "Bearer "+g.mint(b, grant()))
			credential := []byte(r.Header.Get("Authorization")[len("Bearer "):])
			b.ReportAllocs()
			against(b, goroutines, 1000, func() { g.check(b, r) }, func() { sha256.Sum256(credential) })
			b.ReportMetric(float64(len(credential)), "token-bytes")
		})
	}
}

// BenchmarkNewToken checks a token that is not in memory, and compares that with the
// check of its signature alone.
func BenchmarkNewToken(b *testing.B) {
	g := newGate(b, func(o *Options) { o.Cache = newCache(b, ways) })
	r := request("Authorization", "Bearer "+g.mint(b, grant()))
	b.ReportAllocs()
	against(b, 1, 20, func() {
		clear(g.known.sets)
		g.check(b, r)
	}, g.signatureAlone(b))
}

// BenchmarkSignatureAlone is the floor of [BenchmarkNewToken].
func BenchmarkSignatureAlone(b *testing.B) {
	verify := newGate(b).signatureAlone(b)
	b.ReportAllocs()
	for b.Loop() {
		verify()
	}
}

func BenchmarkStranger(b *testing.B) {
	g := newGate(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = g.Verify("dev_abc123_0123456789abcdef0123456789abcdef")
	}
}

func (g *gate) check(b *testing.B, r *http.Request) {
	if _, err := g.Authenticate(r); err != nil {
		b.Error(err)
	}
}

func (g *gate) signatureAlone(b *testing.B) func() {
	jwt, err := token.ParseJWT(g.mint(b, grant()))
	if err != nil {
		b.Fatal(err)
	}
	message := []byte(jwt.Signed)
	return func() { ed25519.Verify(g.ring.public, message, jwt.Signature) }
}

// against does something and the floor of it by turns, so that both meet the same
// machine, and reports the medians: what disturbs some turns counts for nothing.
func against(b *testing.B, goroutines, turn int, do, floor func()) {
	var mu sync.Mutex
	var doing, ratios []float64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range goroutines {
		wg.Go(func() {
			for done := 0; done < max(turn, b.N/goroutines); done += turn {
				one, other := timed(turn, do), timed(turn, floor)
				mu.Lock()
				doing, ratios = append(doing, float64(one)/float64(turn)), append(ratios, float64(one)/float64(other))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(doing)
	slices.Sort(ratios)
	b.ReportMetric(doing[len(doing)/2], "ns/op")
	b.ReportMetric(ratios[len(ratios)/2], "x-floor")
}

func timed(times int, do func()) time.Duration {
	began := time.Now()
	for range times {
		do()
	}
	return time.Since(began)
}
