package readonly

import (
	"slices"
	"testing"
)

func TestStatementsAreCutOut(t *testing.T) {
	tests := []struct {
		sql  string
		want []string
	}{
		{"", nil},
		{" ; -- nothing\n ;; /* here */ ", nil},
		{"SELECT 1", []string{"SELECT 1"}},
		{" /* a */ SELECT 1 /* b */ ; -- c", []string{"SELECT 1"}},
		{"SELECT ';' -- ;\n;SELECT /* ; */ \";\", [;], `;`;", []string{"SELECT ';'", "SELECT /* ; */ \";\", [;], `;`"}},
		{"BEGIN;\nSELECT 1 ;\n\nCOMMIT;\n", []string{"BEGIN", "SELECT 1", "COMMIT"}},
		{"PRAGMA table_info(t) ;EXPLAIN SELECT 1", []string{"PRAGMA table_info(t)", "EXPLAIN SELECT 1"}},
	}
	r := mustNew(t)
	for _, tt := range tests {
		v, spans := r.Judge(tt.sql, nil)
		if !v.OK() {
			t.Errorf("%q refused: %s", tt.sql, v.Message(tt.sql))
			continue
		}
		var got []string
		for _, s := range spans {
			got = append(got, tt.sql[s.Start:s.End])
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q cut into %q, want %q", tt.sql, got, tt.want)
		}
	}
}

func TestKindsAreToldApart(t *testing.T) {
	sql := "BEGIN; SELECT 1; VALUES (1); EXPLAIN SELECT 1; PRAGMA encoding; SAVEPOINT a; ROLLBACK TO a; RELEASE a; END; ROLLBACK"
	want := []Kind{Begin, Read, Read, Explain, Pragma, Savepoint, Savepoint, Savepoint, End, End}
	v, spans := mustNew(t).Judge(sql, nil)
	if !v.OK() || len(spans) != len(want) {
		t.Fatalf("%d spans, verdict %q", len(spans), v.Message(sql))
	}
	for i, s := range spans {
		if s.Kind != want[i] {
			t.Errorf("%q: kind %d, want %d", sql[s.Start:s.End], s.Kind, want[i])
		}
	}
}

func TestSpansAreAppended(t *testing.T) {
	r := mustNew(t)
	_, spans := r.Judge("SELECT 1", nil)
	_, spans = r.Judge("SELECT 22; SELECT 3", spans)
	want := []Span{{0, 8, Read}, {0, 9, Read}, {11, 19, Read}}
	if !slices.Equal(spans, want) {
		t.Errorf("spans %v, want %v", spans, want)
	}
	if _, spans = r.Judge("SELECT 1; DELETE FROM t", spans); !slices.Equal(spans, want) {
		t.Errorf("a refusal changed the spans to %v", spans)
	}
}
