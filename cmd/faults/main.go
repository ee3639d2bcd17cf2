// Command faults lets everything go wrong that can happen to a fleet of gates and
// its Redis, and holds every answer against what was acknowledged: no token that
// was taken back passes again, and none that is valid is lost. `make faults` runs
// it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

type options struct {
	binary  string
	run     string
	runs    int
	seed    uint64
	short   bool
	mutants bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/sekisho", "the gate's binary")
	flag.StringVar(&o.run, "run", "", "run only the scenarios, or with -mutants the mutants, whose name matches this regular expression")
	flag.IntVar(&o.runs, "runs", 1, "how many times to run everything, each with the next seed")
	flag.Uint64Var(&o.seed, "seed", 0, "what all random choices follow from (0: a random one)")
	flag.BoolVar(&o.short, "short", false, "run only the few scenarios that make test runs")
	flag.BoolVar(&o.mutants, "mutants", false, "break one rule of the gate after the other, and see that it is noticed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	chosen, err := regexp.Compile(o.run)
	if err != nil {
		return err
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000)
	}
	if o.mutants {
		return runMutants(ctx, chosen, o.seed)
	}
	if !slices.ContainsFunc(scenarios, o.plays(chosen)) {
		return fmt.Errorf("no scenario is called %s", chosen)
	}
	w := &workshop{plain: o.binary}
	var failed error
	for i := range o.runs {
		failed = errors.Join(failed, runAll(ctx, chosen, w, o, o.seed+uint64(i)))
	}
	return errors.Join(failed, w.clean())
}

// plays tells the scenarios that are to be run.
func (o options) plays(chosen *regexp.Regexp) func(scenario) bool {
	return func(sc scenario) bool { return chosen.MatchString(sc.name) && (sc.short || !o.short) }
}

func runAll(ctx context.Context, chosen *regexp.Regexp, w *workshop, o options, seed uint64) error {
	began := time.Now()
	fmt.Printf("seed %d\n%s\n", seed, header)
	var failed error
	for _, sc := range scenarios {
		if !o.plays(chosen)(sc) {
			continue
		}
		binary, err := w.gate(ctx, sc)
		if err != nil {
			return err
		}
		r, err := play(ctx, sc, binary, seed, patience)
		fmt.Println(r.line(sc.name, err))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Printf("%s, seed %d: %v\nlogs are in %s\n", sc.story, seed, err, r.logs)
			failed = errors.Join(failed, fmt.Errorf("%s failed: -run '^%s$' -seed %d plays it again", sc.name, sc.name, seed))
		}
	}
	fmt.Printf("took %s\n", time.Since(began).Round(time.Second))
	return failed
}
