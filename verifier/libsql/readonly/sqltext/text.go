package sqltext

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Text is an SQL text as its tokens.
type Text []string

// blank stands for a blank inside a token while a text is put together.
const blank = "\x1f"

// tokens cuts a text in which blanks separate tokens, and only those.
func tokens(spaced string) Text {
	text := Text(strings.Fields(spaced))
	for i := range text {
		text[i] = strings.ReplaceAll(text[i], blank, " ")
	}
	return text
}

// String writes the text with one blank between any two tokens.
func (t Text) String() string { return strings.Join(t, " ") }

// between may stand between any two tokens and means nothing.
var between = []string{
	" ", "  ", "\n", "\t\f\r\n", " /**/", " /* ; DELETE FROM t; ' */ ", " -- ' \" ; DROP TABLE t\n", " --\n", " /*/ */", " -- \r;\n",
}

// Dressed writes the text with comments, blanks and cases of words that change
// nothing.
func (t Text) Dressed(r *rand.Rand) string {
	var b strings.Builder
	for i, token := range t {
		if i > 0 && !(tight(t[i-1], token) && r.IntN(2) == 0) {
			b.WriteString(between[r.IntN(len(between))])
		}
		if isWord(token) && r.IntN(2) == 0 {
			token = flipCase(r, token)
		}
		b.WriteString(token)
	}
	return b.String()
}

// tight reports whether two tokens are read alike with nothing between them.
func tight(left, right string) bool {
	if strings.ContainsAny(left[:1], "$:@#") {
		return false // $x( is a token of Tcl's
	}
	return left == "(" || left == ")" || left == "," || right == "(" || right == ")" || right == "," || right == ";"
}

func isWord(token string) bool {
	c := token[0] | 0x20
	return 'a' <= c && c <= 'z' && !strings.ContainsRune(token, '\'')
}

func flipCase(r *rand.Rand, word string) string {
	flipped := []byte(word)
	for i, c := range flipped {
		if lower := c | 0x20; 'a' <= lower && lower <= 'z' && r.IntN(2) == 0 {
			flipped[i] ^= 0x20
		}
	}
	return string(flipped)
}

// splice puts a part of other in the place of a part of t.
func (t Text) splice(r *rand.Rand, other Text) Text {
	from, to := part(r, len(t))
	otherFrom, otherTo := part(r, len(other))
	return slices.Concat(t[:from], other[otherFrom:otherTo], t[to:])
}

// part chooses a short part of n things.
func part(r *rand.Rand, n int) (from, to int) {
	from = r.IntN(n + 1)
	return from, min(n, from+r.IntN(6))
}
