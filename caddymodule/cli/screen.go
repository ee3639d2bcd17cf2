package cli

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// screen is what a table is shown on.
type screen struct {
	columns int // 0: as many as wanted
	colour  bool
}

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
func cells(text string) (n int) {
	for _, r := range text {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	return 1
}

// shortened cuts text to room cells, of which the last is then "…".
func shortened(text string, room int) string {
	if cells(text) <= room {
		return text
	}
	var short strings.Builder
	for _, r := range text {
		if room -= cellsOf(r); room < 1 {
			break
		}
		short.WriteRune(r)
	}
	return short.String() + "…"
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

// table is text in columns.
type table struct {
	head []string
	rows [][]string
	// shrink is the column that gives way on a narrow screen; -1 for none.
	shrink int
	// badge is the column that is coloured by words; -1 for none.
	badge  int
	colour func(word string) string
}

const gap = 2

func (t *table) write(to io.Writer, s screen) error {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], cells(cell))
		}
	}
	if t.shrink >= 0 && s.columns > 0 {
		total := gap * (len(widths) - 1)
		for _, w := range widths {
			total += w
		}
		least := max(cells(t.head[t.shrink]), 8)
		if total > s.columns && widths[t.shrink] > least {
			widths[t.shrink] = max(least, widths[t.shrink]-(total-s.columns))
		}
	}
	var text strings.Builder
	t.line(&text, t.head, widths, false)
	for _, row := range t.rows {
		t.line(&text, row, widths, s.colour)
	}
	_, err := io.WriteString(to, text.String())
	return err
}

func (t *table) line(to *strings.Builder, row []string, widths []int, colour bool) {
	var line strings.Builder
	for i, cell := range row {
		if i == t.shrink {
			cell = shortened(cell, widths[i])
		}
		padding := strings.Repeat(" ", max(0, widths[i]-cells(cell)+gap))
		if i == t.badge && colour {
			cell = t.colour(cell)
		}
		line.WriteString(cell + padding)
	}
	to.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}
