package revocation

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

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

func TestATimeThatIsTooLateMeansNever(t *testing.T) {
	for _, until := range []int64{60*minuteMask + 1, math.MaxInt64 - 59, math.MaxInt64} {
		if got := minuteOf(until); got != 0 {
			t.Errorf("minuteOf(%d) = %d", until, got)
		}
	}
	if got := minuteOf(60 * minuteMask); got != minuteMask {
		t.Errorf("the last minute is %d", got)
	}
}

func TestASetOfIDsIsExactlyWhatAMapOfThemIs(t *testing.T) {
	t.Parallel()
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
				for _, id := range slices.Sorted(maps.Keys(model)) {
					if rapid.Bool().Draw(t, "known") {
						stored[id] = model[id]
					}
				}
				dead := 60 * rapid.Int64Range(0, 70).Draw(t, "dead")
				other := set.emptyLike()
				other.merge(stored)
				lacking := maps.Collect(set.absorb(other, dead).all())
				for id, until := range model {
					there, ok := stored[id]
					if _, packed := set.packer.find(id); packed {
						there = rounded(there)
						until = rounded(until)
					}
					want := (until == 0 || until > dead) && (!ok || later(until, there) != there)
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
		back := newPackedShard([]entry{e}).entry(e.shard(), 0)
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
	t.Parallel()
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

// crowdedIDs are ids of which as many lie in each of a few shards as in every shard
// of ten million.
func crowdedIDs(p *packer) []string {
	const perShard = 10_000_000 / packedShards
	ids := make([]string, 0, 16*perShard)
	for i := range 16 * perShard {
		hi := uint64(i%16)*(packedShards/16)<<(64-shardBits) | rand.Uint64()>>shardBits
		ids = append(ids, p.unpack(entry{hi: hi, lo: rand.Uint64(), tail: rand.Uint32N(opaque) << minuteBits}))
	}
	return ids
}

func TestShardsAsFullAsThoseOfTenMillionIDs(t *testing.T) {
	set := newIDSet()
	ids, others := crowdedIDs(set.packer), crowdedIDs(set.packer)
	batch := idBatch{set: set}
	for i, id := range ids {
		batch.add(id, 60*int64(i+1))
		if i%(len(ids)/10) == 0 {
			batch.flush()
		}
	}
	batch.flush()
	if set.packed.len() != len(ids) {
		t.Fatalf("%d ids, want %d", set.packed.len(), len(ids))
	}
	for i, id := range ids {
		if !set.has(id) || set.has(others[i]) {
			t.Fatalf("wrong about %s or %s", id, others[i])
		}
	}
	half := len(ids) / 2
	set.forget(60 * int64(half))
	for i, id := range ids {
		if set.has(id) != (i >= half) {
			t.Fatalf("number %d of %d, of which %d may be forgotten: %v", i, len(ids), half, set.has(id))
		}
	}
}
