package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrCursor reports a cursor that no list of ours gave out.
var ErrCursor = errors.New("invalid cursor")

// How many entries a page has: at most, and unless told.
const (
	MaxPage     = 1000
	DefaultPage = 100
)

// Page asks for part of a list. The zero value asks for the newest entries.
type Page struct {
	Cursor string // "next" of the page before, or empty
	Limit  int    // 1 to MaxPage, where more means MaxPage; 0 means DefaultPage
}

func (p Page) limit() int64 {
	if p.Limit <= 0 {
		return DefaultPage
	}
	return int64(min(p.Limit, MaxPage))
}

// cursor reads the two parts of a cursor, "<number>-<rest>".
func (p Page) cursor() (number uint64, rest string, err error) {
	head, rest, ok := strings.Cut(p.Cursor, "-")
	number, err = strconv.ParseUint(head, 10, 64)
	if !ok || err != nil {
		return 0, "", fmt.Errorf("%w: %.80q", ErrCursor, p.Cursor)
	}
	return number, rest, nil
}
