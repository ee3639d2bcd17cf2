package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText bounds each text field of a record or event, in bytes.
const maxText = 1024

// latest is the last millisecond that an RFC 3339 time can name (year 9999).
const latest = 253402300799999

func validText(s string) bool { return len(s) <= maxText && utf8.ValidString(s) }

// clip makes s valid UTF-8 of at most maxText bytes.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// formatTime writes t in milliseconds since 1970, or "0" for the zero time. Others
// are moved to the nearest that can be written: none of them may be read as none.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(min(max(t.UnixMilli(), 1), latest), 10)
}

// parseTime reads what formatTime writes.
func parseTime(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: no time", ErrMalformed)
	}
	return milliTime(n)
}

func milliTime(n int64) (time.Time, error) {
	switch {
	case n == 0:
		return time.Time{}, nil
	case n < 0 || n > latest:
		return time.Time{}, fmt.Errorf("%w: no time", ErrMalformed)
	}
	return time.UnixMilli(n).UTC(), nil
}
