package cli

import (
	"slices"
	"strings"
)

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

const (
	gap    = 2 // cells between columns
	narrow = 8 // cells that the shrinking column keeps
)

// newTable makes a table with these labels over its columns.
func (c *call) newTable(labels ...string) *table {
	t := &table{shrink: -1, badge: -1, colour: c.coloured}
	for _, label := range labels {
		t.head = append(t.head, c.of(label))
	}
	return t
}

// text is the table for a screen. One that is too narrow for columns gets a block
// of lines for each row instead: nothing but the shrinking column is ever cut.
func (t *table) text(s screen) string {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], cells(cell))
		}
	}
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	if over := total - s.columns; s.columns > 0 && over > 0 {
		if t.shrink < 0 || widths[t.shrink]-over < max(narrow, cells(t.head[t.shrink])) {
			return t.blocks(s)
		}
		widths[t.shrink] -= over
	}
	var text strings.Builder
	text.WriteString(t.line(t.head, widths, false))
	for _, row := range t.rows {
		text.WriteString(t.line(row, widths, s.colour))
	}
	return text.String()
}

func (t *table) line(row []string, widths []int, colour bool) string {
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
	return strings.TrimRight(line.String(), " ") + "\n"
}

// blocks shows each row as lines of a label and a value.
func (t *table) blocks(s screen) string {
	widest := cells(slices.MaxFunc(t.head, func(a, b string) int { return cells(a) - cells(b) }))
	blocks := make([]string, len(t.rows))
	for at, row := range t.rows {
		for i, cell := range row {
			if i == t.shrink {
				cell = shortened(cell, max(narrow, s.columns-widest-gap))
			}
			if i == t.badge && s.colour {
				cell = t.colour(cell)
			}
			blocks[at] += t.head[i] + strings.Repeat(" ", widest-cells(t.head[i])+gap) + cell + "\n"
		}
	}
	return strings.Join(blocks, "\n")
}

// coloured gives the word for a status its colour; the word tells it too.
func (c *call) coloured(word string) string {
	const green, yellow, red, plain = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
	switch word {
	case c.of("status_active"):
		return green + word + plain
	case c.of("status_rotating"):
		return yellow + word + plain
	}
	return red + word + plain
}
