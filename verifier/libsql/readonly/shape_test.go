package readonly

import (
	"strings"
	"testing"
	"time"
)

func TestLargeShapesAreRefused(t *testing.T) {
	repeat := strings.Repeat
	tests := []struct {
		name, largest, tooLarge string
	}{
		{"text", "SELECT '" + repeat("x", maxText-9) + "'", "SELECT '" + repeat("x", maxText-8) + "'"},
		{"statements", repeat("SELECT 1;", maxStatements), repeat("SELECT 1;", maxStatements+1)},
		{"parentheses", "SELECT " + repeat("(", maxDepth) + "1" + repeat(")", maxDepth), "SELECT " + repeat("(", maxDepth+1) + "1" + repeat(")", maxDepth+1)},
		{"chain", "SELECT 1" + repeat("+1", 3999), "SELECT 1" + repeat("+1", 4000)},
		{"chain of calls", "SELECT abs(1, 1)" + repeat("+abs(1, 1)", 1330), "SELECT abs(1, 1)" + repeat("+abs(1, 1)", 2000)},
		{"chain in chain", "SELECT 1" + repeat("+1", 1990) + "+(1" + repeat("+1", 1990) + ")", "SELECT 1" + repeat("+1", 2000) + "+(1" + repeat("+1", 2000) + ")"},
		{"common tables", "WITH a AS (SELECT 1)" + repeat(", a AS (SELECT 1)", 499) + " SELECT 1", "WITH a AS (SELECT 1" + repeat("+1", 4000) + ") SELECT 1"},
		{"list", "SELECT * FROM t WHERE a IN (1" + repeat(", 1", 100_000) + ")", "SELECT * FROM t WHERE a IN (1" + repeat(", 1", 100_000) + repeat("+1", 4000) + ")"},
		{"tables in tables", "SELECT * FROM (WITH a(b) AS NOT MATERIALIZED (SELECT 1)" + repeat(", a AS (SELECT 1)", 499) + " SELECT 1)", "SELECT * FROM (WITH a AS (SELECT 1)" + repeat(", a AS materialized (SELECT 1)", 500) + " SELECT 1)"},
		{"rows and windows", "VALUES (row_number() OVER ())" + repeat(", (1)", 499), "VALUES (1)" + repeat(", /**/ (1)", 500) + ", (row_number() Over ())"},
		{"rows in a subquery", "SELECT count(*) FROM (VALUES (1)" + repeat(", (1)", 100_000) + ")", "SELECT 1 IN (VALUES (sum(1) FILTER (WHERE 1) OVER w)" + repeat(", (1)", 500) + ")"},
	}
	r := mustNew(t)
	for _, tt := range tests {
		if v, _ := r.Judge(tt.largest, nil); !v.OK() {
			t.Errorf("%s: the largest is refused: %s", tt.name, v.Message(tt.largest))
		}
		if v, _ := r.Judge(tt.tooLarge, nil); v.OK() {
			t.Errorf("%s: one larger passed", tt.name)
		}
	}
}

func TestBoundsStartAnewWithEachStatement(t *testing.T) {
	sql := strings.Repeat("SELECT 1"+strings.Repeat("+1", 3000)+";", 20)
	if v, spans := mustNew(t).Judge(sql, nil); !v.OK() || len(spans) != 20 {
		t.Errorf("%d spans: %s", len(spans), v.Message(sql))
	}
}

// A quadratic walk over a mebibyte takes minutes, a linear one milliseconds.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	pieces := []string{
		"a(", "(", ")", "/*", "/**/", "--\n", "'", "''", "\"\"", "[", ";", ",", "$a ", "a(b,", "x'", "1e", "WITH a(b) AS (SELECT 1),",
		"a(b, b, b) AS (SELECT ", "\ufeff", "\xff", "é", "pragma_", ".", "-", "SELECT 1;", "?1", "NOT ", "'a' ", "a ",
	}
	r := mustNew(t)
	for _, head := range []string{"", "SELECT ", "WITH ", "SELECT * FROM (WITH "} {
		for _, piece := range pieces {
			sql := head + strings.Repeat(piece, (maxText-len(head))/len(piece))
			start := time.Now()
			r.Judge(sql, nil)
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("%q repeated behind %q took %v", piece, head, took)
			}
		}
	}
}
