package revocation

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/sekisho-project/sekisho/token"
)

var benchmarkSizes = []int{10_000, 100_000, 1_000_000, 10_000_000}

// drawnIDs fills a set with n ids as mints draw them, and gives a million of them
// at most, in a row in memory.
func drawnIDs(n int) (set *idSet, some []string) {
	set = newIDSet()
	batch := idBatch{set: set}
	step := n>>20 + 1
	var names strings.Builder
	names.Grow((n/step + 1) * token.IDLength)
	for i := range n {
		id := token.NewID()
		batch.add(id, time.Now().Unix()+int64(i))
		if i%step == 0 {
			names.WriteString(id)
		}
	}
	batch.flush()
	for all := names.String(); len(all) > 0; all = all[token.IDLength:] {
		some = append(some, all[:token.IDLength])
	}
	return set, some
}

// heap is the memory that is reachable.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// BenchmarkIDSet asks for another id each time, in turns with looks at random places
// in as much memory, of which each waits for the last: that is what one miss of the
// caches costs on the same machine at the same moment, and "misses/op" how many of
// them one question took. "lines/op" counts the lines of the set, of 64 bytes each,
// that one question reads.
func BenchmarkIDSet(b *testing.B) {
	for _, n := range benchmarkSizes {
		before := heap()
		set, some := drawnIDs(n)
		size := heap() - before - int64(cap(some)*16+len(some)*token.IDLength)
		_, other := drawnIDs(len(some))
		ask := func(ids []string, want bool) func(*testing.B) {
			return func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				inTurns(b, int(size), func(times int) {
					for range times {
						if set.has(ids[i]) != want {
							b.Fatal("wrong about", ids[i])
						}
						if i++; i == len(ids) {
							i = 0
						}
					}
				})
				b.ReportMetric(float64(size)/float64(n), "B/id")
				b.ReportMetric(set.linesRead(ids), "lines/op")
			}
		}
		b.Run(fmt.Sprintf("revoked/ids=%d", n), ask(some, true))
		b.Run(fmt.Sprintf("other/ids=%d", n), ask(other, false))
		b.Run(fmt.Sprintf("add/ids=%d", n), func(b *testing.B) {
			for b.Loop() {
				set.merge(map[string]int64{token.NewID(): 0})
			}
		})
	}
}

// inTurns does something and looks at memory by turns, and reports the time of one
// and how often the other fits into it. What disturbs some turns counts for nothing.
func inTurns(b *testing.B, size int, do func(times int)) {
	const turn = 1000
	look := coldMemory(size)
	var doing, looking, ratios []float64
	for done := 0; b.Loop(); done++ {
		if done%turn != 0 {
			continue
		}
		began := time.Now()
		do(turn)
		between := time.Now()
		look(turn)
		doing, looking = append(doing, float64(between.Sub(began))/turn), append(looking, float64(time.Since(between))/turn)
		ratios = append(ratios, doing[len(doing)-1]/looking[len(looking)-1])
	}
	b.ReportMetric(median(doing), "ns/op")
	b.ReportMetric(median(looking), "ns/miss")
	b.ReportMetric(median(ratios), "misses/op")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// coldMemory looks at random places in so many bytes of memory.
func coldMemory(size int) (look func(times int)) {
	memory := make([]uint64, size/8)
	for i := range memory {
		memory[i] = uint64(i)
	}
	at, random := uint64(0), rand.New(rand.NewPCG(1, 2))
	return func(times int) {
		for range times {
			at = memory[(random.Uint64()+at)%uint64(len(memory))] // each look waits for the last
		}
	}
}

// linesRead is how many lines of the processor's cache one question about an id
// reads in the shards, on average.
func (s *idSet) linesRead(ids []string) float64 {
	const line = 64
	sum := 0
	for _, id := range ids {
		e, _ := s.packer.find(id)
		shard := s.packed.shards[e.shard()].Load()
		if shard == nil {
			continue
		}
		lines := map[uintptr]bool{}
		top := e.top()
		guess, first := shard.guess(top), shard.first(top)
		for k := max(0, min(guess, first)-1); k <= max(guess, first) && k < len(shard.tops); k++ {
			lines[uintptr(unsafe.Pointer(&shard.tops[k]))/line] = true
		}
		for k := first; k < len(shard.tops) && shard.tops[k] == top; k++ {
			lines[uintptr(unsafe.Pointer(&shard.tops[k]))/line] = true
			lines[uintptr(unsafe.Pointer(&shard.rests[k]))/line] = true
		}
		sum += len(lines)
	}
	return float64(sum) / float64(len(ids))
}

// BenchmarkColdMemory is what one look at a random place costs, in as much memory as
// so many ids take.
func BenchmarkColdMemory(b *testing.B) {
	for _, n := range benchmarkSizes {
		b.Run(fmt.Sprintf("ids=%d", n), func(b *testing.B) {
			look := coldMemory(20 * n)
			for b.Loop() {
				look(1)
			}
		})
	}
}
