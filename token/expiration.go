package token

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrExpiration reports text that is no expiration, or one that lies in the past.
var ErrExpiration = errors.New("invalid expiration format")

const (
	day       = 24 * 60 * 60
	maxLength = 40
)

// latest is the last instant that an RFC 3339 time can name (year 9999).
var latest = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// units in falling order: each may appear at most once, and in this order only.
// A year is 365 days and "m" is a minute; no calendar is consulted.
var units = []struct {
	letter  byte
	seconds int64
}{{'y', 365 * day}, {'w', 7 * day}, {'d', day}, {'h', 60 * 60}, {'m', 60}, {'s', 1}}

// Expiration is how long a token lives: for a span, until an instant, or for
// ever. The zero value is "never".
type Expiration struct {
	seconds int64     // a span, when above zero
	instant time.Time // an instant, when not zero
}

// Never is the expiration of a token that ends only by revocation or rotation.
var Never = Expiration{}

// After is the expiration of a token that lives for d, in whole seconds and at
// least one.
func After(d time.Duration) Expiration {
	return Expiration{seconds: max(1, int64(d/time.Second))}
}

// IsNever reports whether e has no end.
func (e Expiration) IsNever() bool { return e.seconds == 0 && e.instant.IsZero() }

// IsInstant reports whether e is a point in time, not a span.
func (e Expiration) IsInstant() bool { return !e.instant.IsZero() }

// ParseExpiration reads one of
//
//	never | none
//	[Ny][Nw][Nd][Nh][Nm][Ns]     units in this order, each at most once, N >= 1
//	2030-12-31T23:59:59Z         RFC 3339, with "Z" or an offset
//
// In an RFC 3339 time a space is read as the "+" that an undecoded query lost.
// Everything else is [ErrExpiration]: empty text, signs, fractions, upper-case
// units, bare numbers, ISO 8601 periods and dates without a time.
func ParseExpiration(s string) (Expiration, error) {
	switch {
	case s == "never" || s == "none":
		return Never, nil
	case s == "" || len(s) > maxLength:
		return Expiration{}, ErrExpiration
	case strings.Contains(s, "T"):
		return parseInstant(s)
	default:
		return parseSpan(s)
	}
}

func parseInstant(s string) (Expiration, error) {
	at, err := time.Parse(time.RFC3339, strings.Replace(s, " ", "+", 1))
	if err != nil || at.IsZero() {
		return Expiration{}, ErrExpiration
	}
	return Expiration{instant: at}, nil
}

func parseSpan(s string) (Expiration, error) {
	var total int64
	next := 0 // index into units of the largest unit that may still come
	for s != "" {
		number, rest, err := cutNumber(s)
		if err != nil || rest == "" {
			return Expiration{}, ErrExpiration
		}
		for next < len(units) && units[next].letter != rest[0] {
			next++
		}
		if next == len(units) {
			return Expiration{}, ErrExpiration
		}
		total += number * units[next].seconds
		next++
		s = rest[1:]
	}
	return Expiration{seconds: total}, nil
}

// cutNumber takes a whole number of 1 to 999,999,999 off the front of s: any
// span of six such parts still fits in an int64.
func cutNumber(s string) (n int64, rest string, err error) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		n = n*10 + int64(s[i]-'0')
		i++
		if i > 9 {
			return 0, "", ErrExpiration
		}
	}
	if n == 0 {
		return 0, "", ErrExpiration
	}
	return n, s[i:], nil
}

// At resolves e for a token minted at now: the instant at which it ends, in
// whole seconds UTC, or the zero time for never. An instant that is not in the
// future, or after the year 9999, is [ErrExpiration].
func (e Expiration) At(now time.Time) (time.Time, error) {
	if e.IsNever() {
		return time.Time{}, nil
	}
	end := e.instant
	if e.seconds > 0 {
		if e.seconds > latest.Unix()-now.Unix() {
			return time.Time{}, fmt.Errorf("%w: later than the year 9999", ErrExpiration)
		}
		end = time.Unix(now.Unix()+e.seconds, 0)
	}
	end = end.UTC().Truncate(time.Second)
	if !end.After(now) || end.After(latest) {
		return time.Time{}, fmt.Errorf("%w: the time lies in the past or too far ahead", ErrExpiration)
	}
	return end, nil
}

// String writes e so that [ParseExpiration] reads the same again.
func (e Expiration) String() string {
	switch {
	case e.IsNever():
		return "never"
	case e.seconds == 0:
		return e.instant.Format(time.RFC3339)
	}
	var b strings.Builder
	left := e.seconds
	for _, u := range units {
		if u.letter == 'w' && left%u.seconds != 0 {
			continue // people say 30d, not 4w2d
		}
		if n := left / u.seconds; n > 0 {
			fmt.Fprintf(&b, "%d%c", n, u.letter)
			left -= n * u.seconds
		}
	}
	return b.String()
}
