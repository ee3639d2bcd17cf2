package readonly

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestZeroVerdictIsARefusal(t *testing.T) {
	var v Verdict
	if v.OK() || v.Code() != refusal.SQLiteAuth || v.Message("SELECT 1") == "" {
		t.Errorf("OK %v, code %q, message %q", v.OK(), v.Code(), v.Message("SELECT 1"))
	}
}

func TestMessagesSayWhatWasRefusedAndWhy(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"DELETE FROM t", "DELETE writes, and this token is read-only"},
		{"SELECT 1; insert into t values (1)", "statement 2: insert writes, and this token is read-only"},
		{"SELECT readfile('f')", "the function readfile reaches files of the server"},
		{"SELECT \"mystery\" (1)", `the function "mystery" is not among those known only to compute or read`},
		{"BEGIN CONCURRENT", "BEGIN CONCURRENT takes a lock that writers need; use BEGIN or BEGIN DEFERRED"},
		{"PRAGMA main.cache_size = 1", "a read-only token may read the pragma cache_size, but not set it"},
		{"EXPLAIN PRAGMA encoding", "a read-only token may EXPLAIN queries only, not PRAGMA"},
		{"SELECT 1 INTO t", "the keyword INTO belongs to statements that write, and this token is read-only"},
		{"EXPLAIN", "the end is not expected here"},
		{"SELECT (1", "the parentheses do not match at the end"},
		{"SELECT \x01", `\x01 is a byte that SQLite does not take outside quotes`},
		{"SELECT \x00", "the text holds a NUL byte or is not UTF-8"},
		{"SELECT 'a", "the quote or comment that ' opens is never closed"},
	}
	r := mustNew(t)
	for _, tt := range tests {
		v, _ := r.Judge(tt.sql, nil)
		if got := v.Message(tt.sql); got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.sql, got, tt.want)
		}
	}
}

func TestEveryCauseHasACodeAndASentence(t *testing.T) {
	for c := range causes {
		if causes[c].text == "" {
			t.Errorf("cause %d has no sentence", c)
		}
		if code := causes[c].code; cause(c) != passed && code != refusal.SQLiteReadOnly && code != refusal.SQLiteAuth {
			t.Errorf("cause %d has the code %q", c, code)
		}
	}
}

func TestMessagesStayShortAndPrintable(t *testing.T) {
	hostile := []string{
		strings.Repeat("m", 5000), "\"\x1b[31m\r\n\t\"", "[\u202e\u2028" + strings.Repeat("\U000E0001", 50) + "]", "`" + strings.Repeat("\x02", 90) + "`",
	}
	r := mustNew(t)
	for _, name := range hostile {
		sql := "SELECT " + name + "(1)"
		v, _ := r.Judge(sql, nil)
		if v.OK() {
			t.Errorf("%.40q passed", sql)
		}
		checkMessage(t, v, sql)
	}
	for c := range causes {
		v := Verdict{cause: cause(c), statement: maxStatements, start: 0, end: 200}
		checkMessage(t, v, strings.Repeat("\x02", 200))
	}
}

// checkMessage holds a message to its bounds, for the text and for a wrong one.
func checkMessage(t interface{ Errorf(string, ...any) }, v Verdict, sql string) {
	for _, text := range []string{sql, "", "x"} {
		m := v.Message(text)
		if len(m) > 200 || !utf8.ValidString(m) || strings.ContainsFunc(m, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("message of %d bytes: %q", len(m), m)
		}
	}
}
