//go:build !race

package differential

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly/sqltext"
)

// The environment may ask for more texts, and for other ones.
const (
	statementsEnv = "SEKISHO_STATEMENTS"
	seedEnv       = "SEKISHO_SEED"
)

// shards divide the texts among goroutines; each has a generator and an SQLite.
const shards = 20

func environment(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// tally is what became of the texts.
type tally struct{ texts, allowed, compiled, run atomic.Int64 }

func TestWhatPassesOnlyReads(t *testing.T) {
	rules := mustRules(t)
	texts, seed := environment(t, statementsEnv, 100_000), environment(t, seedEnv, 1)
	t.Logf("%d texts with %s=%d", texts, seedEnv, seed)
	before := here(t)
	var counted tally
	t.Run("texts", func(t *testing.T) {
		for shard := range shards {
			t.Run(strconv.Itoa(shard), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(seed), uint64(shard)))
				c := &checker{T: t, rules: rules, random: random, texts: sqltext.New(random), oracle: openOracle(t, rules), tally: &counted}
				c.check(texts / shards)
			})
		}
	})
	if after := here(t); after != before {
		t.Errorf("files are there now: %s", after)
	}
	t.Logf("%d texts, %d allowed, %d statements compiled, %d texts compiled whole, on %d cores",
		counted.texts.Load(), counted.allowed.Load(), counted.run.Load(), counted.compiled.Load(), runtime.GOMAXPROCS(0))
	if counted.compiled.Load()*3 < counted.allowed.Load() {
		t.Error("fewer than a third of the allowed texts compile: the comparison proves little")
	}
}
