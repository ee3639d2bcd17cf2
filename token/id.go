package token

import (
	"crypto/rand"
	"strings"
)

// IDLength is the number of characters in an id that [NewID] draws.
const IDLength = 26

// NewID draws a new token id: 130 random bits in lower-case base32. An id names
// a token in lists, logs and revocations; it is not secret and proves nothing.
func NewID() string {
	return strings.ToLower(rand.Text())
}

// ValidID reports whether s could be an id: 1 to 64 characters of a-z, 0-9 and
// "_". The length is not fixed, so that tokens of other systems can keep theirs.
func ValidID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLowerAlnum(c) && c != '_' {
			return false
		}
	}
	return true
}

func isLowerAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}
