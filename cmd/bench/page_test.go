package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

const printed = `goos: linux
pkg: example.com/room
BenchmarkLook/ids=10/ours-8   	 100	 250.0 ns/op	 20.5 B/id	 0 B/op	 0 allocs/op
BenchmarkLook/floor/10-8      	 100	 100.0 ns/op	 0 B/op	 0 allocs/op
PASS
BenchmarkLook/ids=10/ours-8   	 100	 300.0 ns/op	 40 MB/s	 20.5 B/id	 3 ns/miss	 0 B/op	 0 allocs/op
BenchmarkLook/floor/10-8      	 100	 200.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkLook/ids=10/ours-8   	 100	 260.0 ns/op	 20.5 B/id	 0 B/op	 0 allocs/op
BenchmarkLook/floor/10-8      	 100	 130.0 ns/op	 0 B/op	 0 allocs/op
`

func TestAPage(t *testing.T) {
	results, err := parseBenchmarks(strings.NewReader(printed))
	if err != nil {
		t.Fatal(err)
	}
	s := suite{title: "Looking", about: "Against a floor.", floor: against(`ids=(\d+)/ours`, "floor/$1")}
	p := page{
		options:  options{raw: "bin/bench.txt"},
		machine:  machine{"go1.26", "linux/amd64", 2},
		began:    time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC),
		took:     9*time.Minute + 50*time.Second,
		sections: []section{s.section(results), {title: "Other", about: "Nothing.", columns: []string{"what", "p50"}}},
	}
	got := p.markdown()
	const golden = "testdata/page.md"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("the page is not %s (%v; -update writes it anew):\n%s", golden, err, got)
	}
}

func TestThePageSaysHowItWasMade(t *testing.T) {
	full := page{options: options{full: true}}.markdown()
	if !strings.Contains(full, "`make bench BENCH=full`") || strings.Contains(full, "short form") {
		t.Errorf("the full form: %s", full)
	}
	part := page{options: options{only: "sql"}}.markdown()
	if !strings.Contains(part, "short form") || !strings.Contains(part, `match "sql"`) {
		t.Errorf("a part: %s", part)
	}
}

func TestASuiteThatRanNothingIsAnError(t *testing.T) {
	for _, text := range []string{"", "PASS\n", "goos: linux\nPASS\n"} {
		if f, err := parseBenchmarks(strings.NewReader(text)); err == nil {
			t.Errorf("%q gives %v", text, f.names)
		}
	}
}

func TestEverySuiteCanBeRun(t *testing.T) {
	for _, s := range suites {
		if s.rounds < 1 || s.title == "" || s.about == "" || s.pkg == "" {
			t.Errorf("suite %q is not complete", s.title)
		}
		for _, pattern := range []string{s.pattern, s.full} {
			if _, err := regexp.Compile(pattern); err != nil {
				t.Errorf("suite %q: %v", s.title, err)
			}
		}
	}
}
