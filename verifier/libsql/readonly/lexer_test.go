package readonly

import (
	"slices"
	"testing"
)

func TestTokensAreCutAsSQLiteCutsThem(t *testing.T) {
	tests := []struct {
		sql  string
		want []string
	}{
		{"a b1 _c $d é$1", []string{"a", "b1", "_c", "$d", "é$1"}},
		{"x X x'00' X'aF' xy", []string{"x", "X", "x'00'", "X'aF'", "xy"}},
		{"'it''s' '' 'a''' '''' '\\'", []string{"'it''s'", "''", "'a'''", "''''", "'\\'"}},
		{"\"a\"\"b\" `a``b` [a\"b] []", []string{"\"a\"\"b\"", "`a``b`", "[a\"b]", "[]"}},
		{"'a\nb\x01' \"\v\"", []string{"'a\nb\x01'", "\"\v\""}},
		{"1 1. .5 1.5 1e5 1E+5 1e-5 1.e5 0x1f 0XF 00", []string{"1", "1.", ".5", "1.5", "1e5", "1E+5", "1e-5", "1.e5", "0x1f", "0XF", "00"}},
		{"1_000 1_0.0_1e1_0 0xF_F", []string{"1_000", "1_0.0_1e1_0", "0xF_F"}},
		{"1..2 1.2.3 a.b a .b", []string{"1.", ".2", "1.2", ".3", "a", ".", "b", "a", ".", "b"}},
		{"? ?12 ?1a :a @b $c :1 $a$b", []string{"?", "?12", "?1", "a", ":a", "@b", "$c", ":1", "$a$b"}},
		{"a->b a->>b a-b a - -b", []string{"a", "->", "b", "a", "->>", "b", "a", "-", "b", "a", "-", "-", "b"}},
		{"< <= <> << > >= >> = == != | || + * / % & ~", []string{"<", "<=", "<>", "<<", ">", ">=", ">>", "=", "==", "!=", "|", "||", "+", "*", "/", "%", "&", "~"}},
		{"(a,b);", []string{"(", "a", ",", "b", ")", ";"}},
		{"a--b\nc", []string{"a", "c"}},
		{"a--b\rc\nd", []string{"a", "d"}},
		{"a--", []string{"a"}},
		{"a/*b*/c/**/d/***/e/*/*/f", []string{"a", "c", "d", "e", "f"}},
		{"a/* /* */b", []string{"a", "b"}},
		{"'--' \"/*\" [*/] `;`", []string{"'--'", "\"/*\"", "[*/]", "`;`"}},
		{" \t\r\n\fa ", []string{"a"}},
		{"\u00a0 a\u2003b", []string{"\u00a0", "a\u2003b"}}, // no blanks for SQLite
	}
	for _, tt := range tests {
		got, c := tokens(tt.sql)
		if c != passed || !slices.Equal(got, tt.want) {
			t.Errorf("%q\n got %q, cause %d\nwant %q", tt.sql, got, c, tt.want)
		}
	}
}

// tokens are the tokens of sql up to the end or the first bad one, and why it is bad.
func tokens(sql string) (texts []string, c cause) {
	for l := (lexer{sql: sql}); ; {
		switch l.next() {
		case tokenEnd:
			return texts, passed
		case tokenBad:
			return texts, l.cause
		}
		texts = append(texts, l.text())
	}
}

func TestTokensThatCanBeReadTwoWaysAreBad(t *testing.T) {
	tests := []struct {
		texts []string
		want  cause
	}{
		{[]string{"'", "'a", "'a''", "\"a", "`a", "[a", "/*", "/*/", "/* *", "'\\''"}, unterminated},
		{[]string{"\ufeff", "a\ufeff", "é\ufeffa", ":a\ufeff", "\v", "\x01", "\x1f", "\x7f", "#", "\\", "^", "{", "}", "]"}, illegalByte},
		{[]string{"x'", "x'0", "x'0'", "x'0g'", "X'000'", "x'é'"}, illegalToken},
		{[]string{"1a", "1é", "1$", "1.5a", "1e", "1e+", "0x", "0xg", "0x1g", "1__0", "1_", "1_a", "1._5", "1e_5", "0x_1", ".5e"}, illegalToken},
		{[]string{"$", ":", "@", "::", "$a(", ":a(", "@a(b)", "$a::b", "$::a", ":a:", "!", "! ="}, illegalToken},
	}
	for _, tt := range tests {
		for _, sql := range tt.texts {
			if _, c := tokens(sql); c != tt.want {
				t.Errorf("%q: cause %d, want %d", sql, c, tt.want)
			}
		}
	}
}

func TestBadTokensAreShownWhole(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"SELECT 1abc, 2", "1abc"}, {"SELECT $tcl(x)", "$tcl"}, {"SELECT /* open", "/*"}, {"SELECT \"open", "\""}, {"SELECT x'0g'", "x'0"},
	}
	r := mustNew(t)
	for _, tt := range tests {
		v, _ := r.Judge(tt.sql, nil)
		if got := tt.sql[v.start:v.end]; v.OK() || got != tt.want {
			t.Errorf("%q: shows %q, want %q", tt.sql, got, tt.want)
		}
	}
}
