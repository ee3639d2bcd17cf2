package readonly

import (
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
)

type reporter interface {
	Errorf(format string, args ...any)
}

func FuzzJudge(f *testing.F) {
	for _, text := range knownTexts {
		f.Add(text)
	}
	r := mustNew(f)
	f.Fuzz(func(t *testing.T, sql string) {
		v, spans := r.Judge(sql, nil)
		checkMessage(t, v, sql)
		checkSpans(t, r, sql, v, spans)
		checkNeighbours(t, r, sql, v)
	})
}

// checkSpans holds the spans of a verdict to what callers rely on: in order and
// apart, nothing but blanks, comments and semicolons between them, and each one
// statement that gets the same verdict alone.
func checkSpans(t reporter, r *Rules, sql string, v Verdict, spans []Span) {
	if !v.OK() {
		if len(spans) != 0 {
			t.Errorf("%q: refused, with spans", sql)
		}
		return
	}
	end := 0
	for _, s := range spans {
		if s.Start < end || s.End <= s.Start || s.End > len(sql) {
			t.Errorf("%q: spans %v overlap or are empty", sql, spans)
			return
		}
		checkNothing(t, r, sql[end:s.Start])
		statement := sql[s.Start:s.End]
		if alone, again := r.Judge(statement, nil); !alone.OK() || len(again) != 1 || again[0] != (Span{0, len(statement), s.Kind}) {
			t.Errorf("%q alone: spans %v, %s", statement, again, alone.Message(statement))
		}
		if form := Form(sql, s); form != statement {
			if v, again := r.Judge(form, nil); !v.OK() || len(again) != 1 || again[0].Kind != Read && again[0].Kind != Begin {
				t.Errorf("%q became %q: %s", statement, form, v.Message(form))
			}
		}
		end = s.End
	}
	checkNothing(t, r, sql[end:])
}

// checkNothing wants no statement in a text.
func checkNothing(t reporter, r *Rules, between string) {
	if v, spans := r.Judge(between, nil); !v.OK() || len(spans) != 0 {
		t.Errorf("%q was left out", between)
	}
}

// checkNeighbours puts statements before and behind the text. If the rule lost
// count of quotes, comments or parentheses, a write behind would hide in the text.
func checkNeighbours(t reporter, r *Rules, sql string, v Verdict) {
	if before, _ := r.Judge("DELETE FROM t;"+sql, nil); before.OK() {
		t.Errorf("%q hides a write before it", sql)
	}
	const write, read = "\n;DELETE FROM t", "\n;SELECT 1"
	behind, _ := r.Judge(sql+write, nil)
	switch {
	case behind.OK():
		t.Errorf("%q hides a write behind it", sql)
	case v.OK() && behind.Code() != refusal.SQLiteReadOnly && len(sql)+len(write) <= maxText:
		t.Errorf("%q changes the statement behind it: %s", sql, behind.Message(sql+write))
	}
	if followed, _ := r.Judge(sql+read, nil); followed.OK() != v.OK() && v.cause != unterminated {
		t.Errorf("%q gets another verdict with a read behind it: %s", sql, followed.Message(sql+read))
	}
}
