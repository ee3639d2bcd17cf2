package readonly

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawQuery(t *rapid.T) string { return generator{t}.query(rapid.IntRange(0, 3).Draw(t, "depth")) }

func TestValidQueriesAreNeverRefused(t *testing.T) {
	r := mustNew(t)
	rapid.Check(t, func(t *rapid.T) {
		sql := drawQuery(t)
		if v, spans := r.Judge(sql, nil); !v.OK() || len(spans) != 1 {
			t.Fatalf("%s\n%s", v.Message(sql), sql)
		}
	})
}

// knownTexts are the texts of the tables, those that pass and those that do not.
var knownTexts = func() (texts []string) {
	for _, c := range reads {
		texts = append(texts, c.texts...)
	}
	for _, c := range refusals {
		texts = append(texts, c.texts...)
	}
	return texts
}()

// drawText is a query, a known text, or pieces of both together.
func drawText(t *rapid.T) string {
	known := rapid.SampledFrom(knownTexts)
	switch rapid.IntRange(0, 3).Draw(t, "text") {
	case 0:
		return drawQuery(t)
	case 1:
		return known.Draw(t, "known")
	case 2:
		return drawQuery(t) + rapid.SampledFrom([]string{";", "\n;", " ; ; ", ""}).Draw(t, "between") + known.Draw(t, "known")
	}
	a, b := known.Draw(t, "a"), known.Draw(t, "b")
	from, to := rapid.IntRange(0, len(b)).Draw(t, "from"), rapid.IntRange(0, len(a)).Draw(t, "to")
	return a[:to] + b[from:]
}

func TestStatementsAreJudgedAloneAsTogether(t *testing.T) {
	r := mustNew(t)
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.Custom(drawText), 1, 4).Draw(t, "texts")
		sql, want := strings.Join(texts, "\n;"), true
		for _, text := range texts {
			v, _ := r.Judge(text, nil)
			want = want && v.OK()
		}
		v, spans := r.Judge(sql, nil)
		if v.OK() != want && !leavesOpen(r, texts) {
			t.Fatalf("together %v, alone %v: %q", v.OK(), want, sql)
		}
		checkSpans(t, r, sql, v, spans)
	})
}

// leavesOpen reports whether one of the texts ends inside a quote or comment, so
// that the next one stands in it.
func leavesOpen(r *Rules, texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		v, _ := r.Judge(text, nil)
		return v.cause == unterminated
	})
}

// insertions may stand between any two tokens and mean nothing.
var insertions = []string{" ", "\n", "\t\f\r", "/**/", "/* ; DELETE FROM t; ' */", "-- ' \" ; DROP TABLE t\n", "--\n", "/*\x01\v*/"}

func TestBlanksCommentsAndCaseChangeNoVerdict(t *testing.T) {
	r := mustNew(t)
	rapid.Check(t, func(t *rapid.T) {
		sql := drawText(t)
		dressed := dress(t, sql)
		before, spansBefore := r.Judge(sql, nil)
		after, spansAfter := r.Judge(dressed, nil)
		if before.cause != after.cause || before.statement != after.statement || len(spansBefore) != len(spansAfter) {
			t.Fatalf("%q: %s\n%q: %s", sql, before.Message(sql), dressed, after.Message(dressed))
		}
	})
}

// dress puts blanks and comments between the tokens of sql, up to the first bad
// one, and changes the case of words.
func dress(t *rapid.T, sql string) string {
	var b strings.Builder
	if judgeBytes(sql) != passed {
		return sql
	}
	for l := (lexer{sql: sql}); ; {
		before := l.end
		token := l.next()
		if token == tokenBad {
			return b.String() + sql[before:]
		}
		b.WriteString(sql[before:l.start])
		b.WriteString(rapid.SampledFrom(append(insertions, "", "")).Draw(t, "insertion"))
		switch {
		case token == tokenEnd:
			return b.String()
		case token == tokenWord && rapid.Bool().Draw(t, "flip"):
			b.WriteString(flipCase(l.text()))
		default:
			b.WriteString(l.text())
		}
	}
}

func flipCase(word string) string {
	flipped := []byte(word)
	for i, c := range flipped {
		if lower := c | 0x20; 'a' <= lower && lower <= 'z' {
			flipped[i] ^= 0x20
		}
	}
	return string(flipped)
}

func TestTextsNobodyWroteDoNotPanic(t *testing.T) {
	r := mustNew(t)
	alphabet := []string{
		"SELECT", "WITH", "a", "(", ")", ",", ";", "'", "\"", "[", "]", "`", "--", "/*", "*/", "\n", " ", ".", "$", ":", "x'", "1", "e", "_", "0x",
		"AS", "FROM", "PRAGMA", "=", "EXPLAIN", "!", "?", "\ufeff", "\x00", "\xff", "pragma_", "optimize", "DELETE",
	}
	rapid.Check(t, func(t *rapid.T) {
		sql := strings.Join(rapid.SliceOf(rapid.SampledFrom(alphabet)).Draw(t, "pieces"), "")
		v, spans := r.Judge(sql, nil)
		checkSpans(t, r, sql, v, spans)
		checkMessage(t, v, sql)
	})
}
