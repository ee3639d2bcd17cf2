package revocation

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/token"
)

// drawAnyID draws ids of every shape, from few enough that they meet again.
func drawAnyID() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-b2-3]{26}`),
		rapid.StringMatching(`[ab]{12}[a-z2-7][ab]{12}[a-z2-7]`),
		rapid.StringMatching(`(jt|my_token|x)_[ab]{7}[a-z2-7]{2}[ab]{7}`),
		rapid.StringMatching(`[ab1_]{1,5}`),
		rapid.StringMatching(`[ab]{25}[1_]`),
		rapid.StringMatching(`_[ab]{16}`),
		rapid.StringMatching(`x_[ab]{15}[0189_]`),
		rapid.StringMatching(`[a-z0-9_]{1,64}`),
	)
}

// rounded is when an id may be forgotten by the mirror, given its exact time.
func rounded(until int64) int64 { return secondOf(minuteOf(until)) }

func TestASetOfIDsIsExactlyWhatAMapOfThemIs(t *testing.T) {
	untils := rapid.SampledFrom([]int64{0, 1, 59, 60, 61, 3600, 1_800_000_001})
	rapid.Check(t, func(t *rapid.T) {
		set, model := newIDSet(), map[string]int64{}
		drawIDs := rapid.MapOfN(drawAnyID(), untils, 0, 50)
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				got := maps.Collect(set.all())
				if set.len() != len(model) || len(got) != len(model) {
					t.Fatalf("%d ids, %d of them listed; want %d", set.len(), len(got), len(model))
				}
				for id, until := range model {
					if !set.has(id) || rounded(got[id]) != rounded(until) {
						t.Fatalf("%s: has %v, until %d; want %d", id, set.has(id), got[id], until)
					}
				}
			},
			"merge": func(t *rapid.T) {
				ids := drawIDs.Draw(t, "ids")
				set.merge(ids)
				mergeModel(model, ids)
			},
			"ask": func(t *rapid.T) {
				id := drawAnyID().Draw(t, "id")
				if _, want := model[id]; set.has(id) != want {
					t.Fatalf("has(%s) = %v", id, !want)
				}
			},
			"forget": func(t *rapid.T) {
				dead := 60 * rapid.Int64Range(0, 70).Draw(t, "dead")
				set.forget(dead)
				maps.DeleteFunc(model, func(_ string, until int64) bool { return until != 0 && until <= dead })
			},
			"absorb": func(t *rapid.T) {
				stored := drawIDs.Draw(t, "stored")
				for id, until := range model {
					if rapid.Bool().Draw(t, "known") {
						stored[id] = until
					}
				}
				dead := 60 * rapid.Int64Range(0, 70).Draw(t, "dead")
				other := set.emptyLike()
				other.merge(stored)
				lacking := maps.Collect(set.absorb(other, dead).all())
				for id, until := range model {
					there, ok := stored[id]
					want := (until == 0 || until > dead) && (!ok || later(rounded(until), rounded(there)) != rounded(there))
					if _, got := lacking[id]; got != want {
						t.Fatalf("%s lacking: %v, until %d, stored until %d", id, got, until, there)
					}
				}
				mergeModel(model, stored)
			},
		})
	})
}

func mergeModel(model, ids map[string]int64) {
	for id, until := range ids {
		if known, ok := model[id]; ok {
			until = later(known, until)
		}
		model[id] = until
	}
}

func TestPackedIDsComeBackAsTheyWere(t *testing.T) {
	p := newPacker()
	rapid.Check(t, func(t *rapid.T) {
		id := drawAnyID().Draw(t, "id")
		minute := rapid.Uint32Range(0, minuteMask).Draw(t, "minute")
		e, ok := p.pack(id, minute)
		if !ok {
			return
		}
		back := newShard([]entry{e}).entry(e.shard(), 0)
		if back != e || p.unpack(back) != id || back.minute() != minute {
			t.Fatalf("%s until %d came back as %s until %d", id, minute, p.unpack(back), back.minute())
		}
	})
	for _, id := range []string{token.NewID(), strings.Repeat("7", 26), strings.Repeat("a", 26), "jt_" + strings.Repeat("7", 16)} {
		if _, ok := p.pack(id, 0); !ok {
			t.Errorf("%s is not packed", id)
		}
	}
}

func TestATimeToForgetIsRoundedUpAndNeverDown(t *testing.T) {
	for until, want := range map[int64]int64{0: 0, 1: 60, 60: 60, 61: 120, 1_800_000_000: 1_800_000_000, 1 << 52: 0} {
		if got := rounded(until); got != want {
			t.Errorf("until %d is kept until %d, want %d", until, got, want)
		}
	}
}

func TestTooManyPrefixesOnlyCostMemory(t *testing.T) {
	set := newIDSet()
	for i := range 2 * maxPrefixes {
		id := fmt.Sprintf("p%d_%s", i, token.NewID()[:nameLength])
		set.merge(map[string]int64{id: 0})
		if !set.has(id) {
			t.Fatalf("%s is missing", id)
		}
	}
	if got := set.others.len(); got != maxPrefixes {
		t.Errorf("%d ids in the ordinary map, want %d", got, maxPrefixes)
	}
}

func TestIDsThatWereChosenToLieTogetherAreSpread(t *testing.T) {
	set := newIDSet()
	ids := map[string]int64{}
	for i := range 100_000 {
		ids[string(encode32([]byte("aaaaaaaaaaaaaaaaaaaaa"), uint64(i), 5))] = 0
	}
	set.merge(ids)
	longest := 0
	for i := range packedShards {
		longest = max(longest, set.packed.shards[i].Load().len())
	}
	if longest > 30 {
		t.Errorf("%d of 100,000 ids in one of %d shards", longest, packedShards)
	}
}

func TestReadersFindWhatWasAddedWhileWritersAddAndPrune(t *testing.T) {
	set := newIDSet()
	forever, ids := token.NewID(), map[string]int64{}
	set.merge(map[string]int64{forever: 0})
	for range 1 << 17 {
		ids[token.NewID()] = 60
	}
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if !set.has(forever) {
					t.Error("a revoked id passed")
					return
				}
			}
		})
	}
	writers.Go(func() {
		for range 3 {
			set.merge(ids)
			set.forget(60)
		}
	})
	writers.Go(func() {
		for range 500 {
			id := token.NewID()
			set.merge(map[string]int64{id: 0})
			if !set.has(id) {
				t.Error("what was just added is missing")
			}
		}
	})
	writers.Wait()
	close(stop)
	readers.Wait()
	if got := set.len(); got != 501 {
		t.Errorf("%d ids, want 501", got)
	}
}

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

func TestAMillionIDs(t *testing.T) {
	before := heap()
	set, some := drawnIDs(1_000_000)
	size := heap() - before - int64(len(some)*(16+token.IDLength))
	t.Logf("%.1f bytes per id", float64(size)/1e6)
	if set.len() != 1_000_000 {
		t.Fatalf("%d ids", set.len())
	}
	for _, id := range some {
		if !set.has(id) || set.has(token.NewID()) {
			t.Fatalf("wrong about %s", id)
		}
	}
	set.forget(time.Now().Unix() + 500_000)
	if got := set.len(); got < 499_000 || got > 501_000 {
		t.Errorf("%d ids left, want half", got)
	}
}

var benchmarkSizes = []int{10_000, 100_000, 1_000_000, 10_000_000}

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
// and how often the other fits into it.
func inTurns(b *testing.B, size int, do func(times int)) {
	const turn = 1000
	look := coldMemory(size)
	var doing, looking time.Duration
	done := 0
	for b.Loop() {
		if done++; done%turn != 0 {
			continue
		}
		began := time.Now()
		do(turn)
		between := time.Now()
		look(turn)
		doing, looking = doing+between.Sub(began), looking+time.Since(between)
	}
	turns := float64(max(turn, done/turn*turn))
	b.ReportMetric(float64(doing)/turns, "ns/op")
	b.ReportMetric(float64(looking)/turns, "ns/miss")
	b.ReportMetric(float64(doing)/float64(looking), "misses/op")
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
