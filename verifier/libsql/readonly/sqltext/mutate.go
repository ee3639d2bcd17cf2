package sqltext

import "strings"

// Spliced makes a text of pieces of reads and writes, cut between tokens.
func (g *Generator) Spliced() Text {
	text, other := g.Read(), g.Write()
	if g.chance(3) {
		text, other = other, text
	}
	for range 1 + g.rand.IntN(2) {
		text = text.splice(g.rand, other)
	}
	return text
}

// pieces are what turned reads into writes for one parser or another.
var pieces = []string{
	"'", `"`, "`", "[", "]", "''", "$x(", ":a(", "@a::b", "/*", "*/", "--", "\n", ";", "(", ")", ",", ".", "x'", "\\", "\v", "\x00", "\ufeff", "\u00a0", "é",
	" DISTINCT FROM ", " AS materialized(", " optimize(", " pragma_optimize ", " FROM ", " having reindex", " DELETE FROM t ", "; DELETE FROM t", " 1 1 ", "PRAGMA ", "EXPLAIN ", "WITH x AS (",
	" -- \r", "1_0", "0x", "->", "->>", "!", "=", "#1", "::",
}

// Broken makes a text by breaking others anywhere, inside tokens too. It may be
// no UTF-8.
func (g *Generator) Broken() string {
	text := g.Read().String()
	switch g.rand.IntN(3) {
	case 0:
		text = g.Spliced().String()
	case 1:
		text = g.Spliced().Dressed(g.rand)
	}
	for range 1 + g.rand.IntN(3) {
		text = g.breakOnce(text)
	}
	return text
}

func (g *Generator) breakOnce(text string) string {
	at := g.rand.IntN(len(text) + 1)
	switch g.rand.IntN(5) {
	case 0: // a short part goes
		return text[:at] + text[min(len(text), at+1+g.rand.IntN(8)):]
	case 1: // one byte becomes another
		if at == len(text) {
			return text
		}
		return text[:at] + string(rune(g.rand.IntN(0x80))) + text[at+1:]
	case 2: // something is said twice
		to := min(len(text), at+1+g.rand.IntN(20))
		return text[:to] + text[at:]
	case 3: // a blank becomes something else
		n := strings.IndexByte(text[at:], ' ')
		if n >= 0 {
			return text[:at+n] + g.pick(pieces...) + text[at+n+1:]
		}
	}
	return text[:at] + g.pick(pieces...) + text[at:]
}
