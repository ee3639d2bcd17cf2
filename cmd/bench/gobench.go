package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/perf/benchfmt"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// found is what Go benchmarks measured: the names in their order, and a sample of
// each unit of each.
type found struct {
	names  []string
	values map[string]map[string]sample
}

// measureParts runs the suites. All that the benchmarks print is kept for benchstat.
func (b *bench) measureParts(ctx context.Context) ([]section, error) {
	if err := os.MkdirAll(filepath.Dir(b.raw), 0o755); err != nil {
		return nil, err
	}
	raw, err := os.Create(b.raw)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	var sections []section
	for _, s := range suites {
		if s.onlyFull && !b.full {
			continue
		}
		var out bytes.Buffer
		if err := b.runSuite(ctx, s, io.MultiWriter(&out, raw)); err != nil {
			return nil, fmt.Errorf("%s: %w", s.title, err)
		}
		results, err := parseBenchmarks(&out)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.title, err)
		}
		sections = append(sections, s.section(results))
	}
	return sections, raw.Close()
}

// runSuite compiles the tests of a package once, and runs the benchmarks of a
// suite one after the other, round after round: so the sides of a ratio alternate.
func (b *bench) runSuite(ctx context.Context, s suite, out io.Writer) error {
	root, err := testrig.Root()
	if err != nil {
		return err
	}
	binary := filepath.Join(b.dir, filepath.Base(s.pkg)+".test")
	compile := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./"+s.pkg)
	compile.Dir = root
	if text, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling: %w: %s", err, text)
	}
	pattern := s.pattern
	if b.full && s.full != "" {
		pattern = s.full
	}
	args := append([]string{"-test.run=^$", "-test.bench=" + pattern, "-test.benchmem", "-test.timeout=30m"}, s.flags...)
	for range min(s.rounds, b.pairs) {
		run := exec.CommandContext(ctx, binary, args...)
		run.Dir = filepath.Join(root, s.pkg)
		var failure bytes.Buffer
		run.Stdout, run.Stderr = io.MultiWriter(out, &failure), &failure
		if err := run.Run(); err != nil {
			return fmt.Errorf("%w: %s", err, failure.Bytes())
		}
	}
	return nil
}

// parseBenchmarks reads what Go's benchmarks print. None at all is an error: a
// page must not lose a table when a benchmark is renamed.
func parseBenchmarks(r io.Reader) (found, error) {
	f := found{values: map[string]map[string]sample{}}
	reader := benchfmt.NewReader(r, "go test")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return f, record
		case *benchfmt.Result:
			f.add(record)
		}
	}
	if len(f.names) == 0 && reader.Err() == nil {
		return f, errors.New("no benchmark has run")
	}
	return f, reader.Err()
}

func (f *found) add(r *benchfmt.Result) {
	name := r.Name.String()
	if !slices.Contains(f.names, name) {
		f.names = append(f.names, name)
		f.values[name] = map[string]sample{}
	}
	for _, v := range r.Values {
		value, unit := v.Value, v.Unit
		if v.OrigUnit != "" && unit != timeUnit { // only times are to be in base units
			value, unit = v.OrigValue, v.OrigUnit
		}
		f.values[name][unit] = append(f.values[name][unit], value)
	}
}
