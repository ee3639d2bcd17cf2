package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

var binary string // sekisho

func TestMain(m *testing.M) {
	var err error
	if binary, err = testrig.Binary(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestNoTokenThatWasTakenBackPassesAndNoValidOneIsLost(t *testing.T) {
	seed := rand.Uint64N(1_000_000)
	for _, sc := range scenarios {
		if !sc.short {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			report, err := play(t.Context(), sc, binary, seed, patience)
			if err != nil {
				t.Fatalf("seed %d: %v\nlogs are in %s", seed, err, report.logs)
			}
			if report.changes.Acknowledged == 0 || len(report.delays) == 0 {
				t.Errorf("seed %d: nothing was acknowledged, so that nothing was shown: %+v", seed, report)
			}
		})
	}
}

func TestEveryMutantIsOfARuleThatIsThere(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants {
		for _, e := range m.edits {
			if err := e.Check(); err != nil {
				t.Errorf("%s (%s): %v", m.name, m.rule, err)
			}
		}
		if names[m.name] {
			t.Errorf("there are two mutants %q", m.name)
		}
		names[m.name] = true
	}
}

func TestEveryMutantHasAScenario(t *testing.T) {
	for _, m := range mutants {
		if _, ok := find(m.scenario); !ok {
			t.Errorf("%s: there is no scenario %q", m.name, m.scenario)
		}
	}
}
