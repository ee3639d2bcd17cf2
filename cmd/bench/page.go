package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// page is what a run found. It has no figure that the run did not measure.
type page struct {
	options
	machine  machine
	began    time.Time
	took     time.Duration
	sections []section
}

// section is a table with a line on how it was measured.
type section struct {
	title, about string
	columns      []string
	rows         [][]string
}

type machine struct {
	goVersion, system string
	cpus              int
}

func thisMachine() machine {
	return machine{runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, runtime.NumCPU()}
}

const preamble = `# Performance

Generated. To run it again: ` + "`%s`" + `, which needs wrk and redis-server and took %d minutes here.
What Go's benchmarks print goes to ` + "`%s`" + `, in the form that benchstat reads.

Run on %s with %s, %s, %d CPUs, which the load and all servers share. Every comparison is of two sides that were measured
in turns in this run: compare the sides of a row, not rows, and not machines. A figure is a median; in
parentheses follow the least and the greatest, or the quartiles where the table says so.
`

// short is said by a page that leaves out what only the full form measures.
const short = "\nThis is the short form, without the rows for ten million revoked ids: `make bench BENCH=full` has them.\n"

func (p page) markdown() string {
	var text strings.Builder
	command := "make bench"
	if p.full {
		command += " BENCH=full"
	}
	fmt.Fprintf(&text, preamble, command, int(p.took.Minutes()+1), p.raw,
		p.began.UTC().Format(time.DateOnly), p.machine.goVersion, p.machine.system, p.machine.cpus)
	if !p.full {
		text.WriteString(short)
	}
	if p.only != "" {
		fmt.Fprintf(&text, "\nOnly the parts that match %q were measured.\n", p.only)
	}
	for _, s := range p.sections {
		s.write(&text)
	}
	return text.String()
}

func (s section) write(text *strings.Builder) {
	fmt.Fprintf(text, "\n## %s\n\n%s\n\n", s.title, s.about)
	writeRow(text, s.columns)
	text.WriteString("|---" + strings.Repeat("|--:", len(s.columns)-1) + "|\n")
	for _, row := range s.rows {
		writeRow(text, row)
	}
}

func writeRow(text *strings.Builder, cells []string) {
	text.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}
