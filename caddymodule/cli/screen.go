package cli

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"
)

// screen is what text is shown on.
type screen struct {
	columns int // 0: as many as wanted
	colour  bool
}

// screenOf looks at where text goes. COLUMNS has the last word on the width, and
// NO_COLOR, if it is not empty, on colour (no-color.org).
func screenOf(out io.Writer) screen {
	var s screen
	file, ok := out.(*os.File)
	if ok && term.IsTerminal(int(file.Fd())) {
		s.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		s.columns, _, _ = term.GetSize(int(file.Fd()))
	}
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		s.columns = columns
	}
	return s
}

// cells is how much room a text takes: characters of East Asia are two cells wide.
func cells(text string) int { return displaywidth.String(text) }

// shortened cuts text to room cells, of which the last is then "…".
func shortened(text string, room int) string { return displaywidth.TruncateString(text, room, "…") }

// wrapped breaks text into lines of room cells, between words and beside
// characters that are two cells wide. Without room, only where text has lines.
func wrapped(text string, room int) (lines []string) {
	for part := range strings.SplitSeq(text, "\n") {
		line := ""
		for _, word := range words(part) {
			if line != "" && room > 0 && cells(line)+cells(strings.TrimRight(word, " ")) > room {
				lines = append(lines, strings.TrimRight(line, " "))
				line = ""
			}
			line += word
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// words cuts text where a line may end. A word keeps the spaces behind it, and the
// punctuation that may not begin or end a line.
func words(text string) (found []string) {
	const opening, closing = "（「『“", "、。，．：；？！）」』”"
	word, over, opened := "", false, false
	graphemes := displaywidth.StringGraphemes(text)
	for graphemes.Next() {
		character := graphemes.Value()
		bound := character == " " || strings.Contains(closing, character)
		if word != "" && !bound && !opened && (over || graphemes.Width() > 1) {
			found, word = append(found, word), ""
		}
		word += character
		over, opened = bound || graphemes.Width() > 1, strings.Contains(opening, character)
	}
	return append(found, word)
}

// inert makes what could command a terminal visible instead. Lines stay lines only
// where they are ours.
func inert(text string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
