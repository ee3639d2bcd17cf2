// Command bench measures what the gate costs and prints one page of ratios. Each
// ratio is of two things that were measured in turns, in one run, on one machine:
// ours, and the same without us. `make bench` runs it and keeps the page as
// docs/performance.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

type options struct {
	binary, output, raw string
	only                string
	full                bool
	pairs               int
	span                time.Duration
	requests            int // of each side, where they are sent one by one
	revokes             int
}

// bench is one run of the program.
type bench struct {
	options
	wrk, sqld string
	dir       string // for files that end with the run
}

// measurement is a part of the page.
type measurement struct {
	name    string
	measure func(*bench, context.Context) ([]section, error)
}

var measurements = []measurement{
	{"requests", (*bench).measureRequests},
	{"sql", (*bench).measureSQL},
	{"large", (*bench).measureLarge},
	{"revoke", (*bench).measureRevoke},
	{"hang", (*bench).measureHang},
	{"mint", (*bench).measureMint},
	{"tokens", (*bench).measureTokens},
	{"parts", (*bench).measureParts},
}

func main() {
	b := new(bench)
	flag.StringVar(&b.binary, "binary", "bin/sekisho", "the gate's `file`")
	flag.StringVar(&b.output, "output", "", "also write the page to this `file`")
	flag.StringVar(&b.raw, "raw", "bin/bench.txt", "what Go's benchmarks print, for benchstat, goes to this `file`")
	flag.StringVar(&b.only, "only", "", "measure only the parts that match this `pattern`: requests, sql, large, revoke, hang, mint, tokens, parts")
	flag.BoolVar(&b.full, "full", false, "measure ten million revoked ids too, which takes some minutes more")
	flag.IntVar(&b.pairs, "pairs", 7, "how many pairs to measure of each kind")
	flag.DurationVar(&b.span, "span", 3*time.Second, "how long wrk measures each side of a pair, in whole seconds")
	flag.IntVar(&b.requests, "requests", 200, "how many requests of each kind to send, where they are sent one by one")
	flag.IntVar(&b.revokes, "revokes", 1000, "how many tokens to revoke")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context) error {
	if err := b.prepare(ctx); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	only, err := regexp.Compile(b.only)
	if err != nil {
		return err
	}
	p := page{options: b.options, machine: thisMachine(), began: time.Now()}
	for _, m := range measurements {
		if !only.MatchString(m.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s measuring %s\n", time.Now().Format(time.TimeOnly), m.name)
		sections, err := m.measure(b, ctx)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", m.name, err)
		}
		p.sections = append(p.sections, sections...)
	}
	p.took = time.Since(p.began)
	text := p.markdown()
	fmt.Print(text)
	if b.output == "" {
		return nil
	}
	return os.WriteFile(b.output, []byte(text), 0o644)
}

// prepare finds all that the run needs before it spends any time.
func (b *bench) prepare(ctx context.Context) (err error) {
	if b.span < time.Second || b.pairs < 1 || b.requests < 1 || b.revokes < 1 {
		return fmt.Errorf("-span is a second at least, and -pairs, -requests and -revokes are 1 at least")
	}
	if b.wrk, err = findWrk(); err != nil {
		return err
	}
	if b.binary, err = filepath.Abs(b.binary); err != nil {
		return err
	}
	tools, err := testrig.Tools()
	if err != nil {
		return err
	}
	if b.sqld, err = testrig.FindOrInstallSqld(ctx, tools); err != nil {
		return err
	}
	b.dir, err = os.MkdirTemp("", "sekisho-bench-")
	return err
}
