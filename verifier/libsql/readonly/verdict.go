package readonly

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// Verdict is what the rule that was asked says of a text. The zero Verdict is a refusal.
type Verdict struct {
	cause      cause
	statement  int32 // counted from 1; 0 when the whole text is meant
	start, end int32 // the word refused, in bytes of the text
}

// OK reports whether the rule that was asked lets every statement pass.
func (v Verdict) OK() bool { return v.cause == passed }

// Code is refusal.SQLiteReadOnly for what writes and refusal.SQLiteAuth for
// what the token may not touch at all or what the rule cannot read. It
// is empty for a verdict that is OK.
func (v Verdict) Code() refusal.Code { return causes[v.cause].code }

// maxExcerpt bounds the excerpt of the text in a message, in bytes after escaping.
const maxExcerpt = 64

// Message says in one sentence of at most 200 bytes which statement of sql, the
// text that was judged, was refused, unless it is the first, and why. It is
// printable whatever sql holds.
func (v Verdict) Message(sql string) string {
	var b strings.Builder
	if v.statement > 1 {
		b.WriteString("statement ")
		b.WriteString(strconv.Itoa(int(v.statement)))
		b.WriteString(": ")
	}
	before, after, found := strings.Cut(causes[v.cause].text, "%s")
	b.WriteString(before)
	if found {
		b.WriteString(excerpt(sql, int(v.start), int(v.end)))
		b.WriteString(after)
	}
	return b.String()
}

// excerpt quotes the word at sql[start:end], shortened.
func excerpt(sql string, start, end int) string {
	start = min(start, len(sql))
	word := sql[start:max(start, min(end, len(sql)))]
	if word == "" {
		return "the end"
	}
	quoted := make([]byte, 0, maxExcerpt)
	for len(word) > 0 {
		_, n := utf8.DecodeRuneInString(word)
		escaped := escape(word[:n])
		if len(quoted)+len(escaped) > maxExcerpt-len("...") {
			quoted = append(quoted, "..."...)
			break
		}
		quoted = append(quoted, escaped...)
		word = word[n:]
	}
	return string(quoted)
}

// escape is char, or its escape where it does not print.
func escape(char string) string {
	if char == `"` || char == `\` {
		return char
	}
	quoted := strconv.Quote(char)
	return quoted[1 : len(quoted)-1]
}
