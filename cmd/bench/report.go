package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// report writes the page. It claims nothing that this run did not measure.
func report(results []result, o options) string {
	var page strings.Builder
	fmt.Fprintf(&page, `# Performance

Written by `+"`make bench`"+`, which anybody can run again. Each row is the same request to the same server with the check and
without it, %d pairs of %s in turns, wrk with 32 connections on one thread; the rates are medians, and the last column is
the median of what each pair kept. In the rows of sqld, the bare side has sqld check the client's own token, which is
signed with the second of the two keys that it trusts here; more than 1 means that this costs sqld more than the gate.

Run on %s with %s, %s/%s, %d CPUs, which wrk and the servers share: compare the two sides of a row, not rows or machines.

| what | bare, requests/s | checked, requests/s | kept |
|---|--:|--:|--:|
`, o.pairs, o.span, time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, r := range results {
		fmt.Fprintf(&page, "| %s | %.0f | %.0f | %.3f |\n", r.name, median(r.bare), median(r.checked), r.ratio())
	}
	return page.String()
}
