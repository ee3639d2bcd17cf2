package main

import "regexp"

// suite is a section that Go benchmarks fill.
type suite struct {
	title, about string
	pkg          string // below the module
	pattern      string // of the benchmarks, as -bench takes it
	full         string // the pattern of the full form; empty: the same
	onlyFull     bool
	flags        []string // of the test binary
	rounds       int      // how often all are run, one after the other
	floor        *floor
}

// floor says what a benchmark is compared with: another of the same suite, whose
// name is made from its own.
type floor struct {
	of   *regexp.Regexp
	name string // as [regexp.Regexp.ReplaceAllString] takes it
}

func against(of, name string) *floor { return &floor{regexp.MustCompile(of), name} }

const (
	brief   = "-test.benchtime=300ms"
	once    = "-test.benchtime=1x"
	upTo1M  = "=(1000|10000|100000|1000000)$"
	upTo10M = "=(1000|10000|100000|1000000|10000000)$"
)

var suites = []suite{
	{
		title: "A token that was seen before",
		about: "The whole check while so many ids are revoked, against no more than a SHA-256 of the same token; with 1 goroutine and with 8 (-8), " +
			"for one token and for a walk through 1,000.",
		pkg: "revocation", pattern: "^BenchmarkCheck$/=(0|1000000)$", full: "^BenchmarkCheck$",
		flags: []string{brief, "-test.cpu=1,8", "-test.count=5"}, rounds: 1,
		floor: against(`/check`, "/sha256"),
	},
	{
		title: "A token at first sight",
		about: "Parsing and verifying an EdDSA token, against `ed25519.Verify` of the same bytes alone.",
		pkg:   "verifier", pattern: "^Benchmark(NewToken|SignatureAlone)$", flags: []string{brief, "-test.cpu=1"}, rounds: 7,
		floor: against(`^NewToken`, "SignatureAlone"),
	},
	{
		title: "Memory against distinct tokens",
		about: "The heap of a verifier after it has seen so many distinct tokens; it remembers 100,000 at most.",
		pkg:   "verifier", pattern: "^BenchmarkDistinctTokens$/" + "=(1000|10000|100000|300000)$", full: "^BenchmarkDistinctTokens$/" + upTo1M,
		flags: []string{once}, rounds: 1,
	},
	{
		title: "The mirror against revoked ids",
		about: "A look-up of another id each time, against one dependent read at a random place in 20 bytes of memory per id.",
		pkg:   "revocation", pattern: "^BenchmarkIDSet$/^(revoked|other)$/" + upTo1M + "|^BenchmarkColdMemory$/" + upTo1M,
		full: "^BenchmarkIDSet$/^(revoked|other)$/" + upTo10M + "|^BenchmarkColdMemory$/" + upTo10M, flags: []string{brief, "-test.cpu=1", "-test.count=5"}, rounds: 1,
		floor: against(`^IDSet/[a-z]+/`, "ColdMemory/"),
	},
	{
		title: "Judging the SQL of a read-only token",
		about: "The rule alone, on texts of a size.",
		pkg:   "verifier/libsql/readonly", pattern: "^Benchmark(Judge|JudgeSize)$", flags: []string{brief, "-test.cpu=1"}, rounds: 5,
	},
	{
		title: "Requests through the libSQL gate, without a server",
		about: "All that the gate does for one request, while the server answers at once; what a full-access token sends and gets streams.",
		pkg:   "verifier/libsql", pattern: ".", flags: []string{brief}, rounds: 5,
		floor: against(`/read-only`, "/full-access"),
	},
	{
		title: "Start with ten million revoked ids",
		about: "Until a node knows them all: read from a Redis, and from its own durable copy.",
		pkg:   "revocation", pattern: "^BenchmarkResync$/=10000000$|^BenchmarkCopy$/^read$/=10000000$", onlyFull: true, flags: []string{once}, rounds: 1,
	},
}
