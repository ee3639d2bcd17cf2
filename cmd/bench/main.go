// Command bench measures what the check costs: requests per second with it and
// without it, in pairs, in one run, on one machine. It prints a page and, with
// -output, writes it. `make bench` runs it after Go's own benchmarks.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/sekisho", "the gate's binary")
	flag.StringVar(&o.output, "output", "", "also write the page here")
	flag.IntVar(&o.pairs, "pairs", 7, "how many pairs to measure of each kind")
	flag.DurationVar(&o.span, "span", 2*time.Second, "how long to measure each side of a pair")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	binary, output string
	pairs          int
	span           time.Duration
}

func run(ctx context.Context, o options) error {
	wrk, err := findWrk()
	if err != nil {
		return err
	}
	tools, err := testrig.Tools()
	if err != nil {
		return err
	}
	sqld, err := testrig.FindOrInstallSqld(ctx, tools)
	if err != nil {
		return err
	}
	s, err := start(ctx, o.binary, sqld)
	if err != nil {
		return err
	}
	defer s.stop()
	var results []result
	for _, c := range s.comparisons() {
		r, err := c.measure(ctx, wrk, o)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintln(os.Stderr, r.line())
		results = append(results, r)
	}
	page := report(results, o)
	fmt.Print(page)
	if o.output == "" {
		return nil
	}
	return os.WriteFile(o.output, []byte(page), 0o644)
}
