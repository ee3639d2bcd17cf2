package verifier

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/sekisho-project/sekisho/token"
)

// BenchmarkDistinctTokens shows that a verifier does not grow with the tokens it
// has seen.
func BenchmarkDistinctTokens(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 300_000, 1_000_000} {
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			for b.Loop() {
				before := reachable()
				g := newGate(b)
				g.verifyDistinct(b, n)
				b.ReportMetric(float64(reachable()-before)/1e6, "MB")
				runtime.KeepAlive(g)
			}
		})
	}
}

// verifyDistinct mints tokens and verifies each of them, on all CPUs.
func (g *gate) verifyDistinct(b *testing.B, n int) {
	var wg sync.WaitGroup
	workers := runtime.NumCPU()
	for worker := range workers {
		wg.Go(func() {
			for i := worker; i < n; i += workers {
				one := grant()
				one.ID = token.NewID()
				if _, err := g.Verify(g.mint(b, one)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// reachable is the memory on the heap that is in use.
func reachable() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
