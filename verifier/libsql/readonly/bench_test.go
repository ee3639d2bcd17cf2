package readonly

import (
	"strings"
	"testing"
)

// The texts whose cost is watched: an ordinary query, and 10 kB of the forms
// that programs generate.
var costs = []struct{ name, sql string }{
	{"100B", "SELECT u.id, u.name, count(o.id) FROM users u JOIN orders o ON o.uid = u.id WHERE u.org = ? LIMIT 25"},
	{"10kB of OR", "SELECT * FROM t WHERE a = 0" + strings.Repeat(" OR column = 12345", 580)},
	{"10kB of list", "SELECT * FROM t WHERE a IN (0" + strings.Repeat(", 12345", 1420) + ")"},
	{"10kB of names", "SELECT a" + strings.Repeat(", \"t\".\"column\", t.column", 410) + " FROM t"},
	{"10kB string", "SELECT '" + strings.Repeat("x", 10_000) + "'"},
}

func BenchmarkJudge(b *testing.B) {
	r := mustNew(b)
	for _, c := range costs {
		b.Run(c.name, func(b *testing.B) {
			spans := make([]Span, 0, 1)
			b.SetBytes(int64(len(c.sql)))
			b.ReportAllocs()
			for b.Loop() {
				v, s := r.Judge(c.sql, spans[:0])
				if !v.OK() || len(s) != 1 {
					b.Fatal(v.Message(c.sql))
				}
			}
		})
	}
}

func TestJudgingAllocatesNothing(t *testing.T) {
	r := mustNew(t)
	spans := make([]Span, 0, 1)
	for _, c := range costs {
		if n := testing.AllocsPerRun(10, func() { _, spans = r.Judge(c.sql, spans[:0]) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
	if n := testing.AllocsPerRun(10, func() { _, spans = r.Judge("DELETE FROM t", spans[:0]) }); n != 0 {
		t.Errorf("a refusal: %v allocations", n)
	}
}
