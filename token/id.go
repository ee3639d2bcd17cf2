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

// MaxIDLength is the length of the longest id, in bytes.
const MaxIDLength = 64

// ValidID reports whether s could be an id: 1 to [MaxIDLength] characters of a-z,
// 0-9, "_" and "-", but no "-" first. We draw shorter ones without "-"; tokens of
// other systems can keep theirs, such as a UUID in lower case.
func ValidID(s string) bool {
	if s == "" || len(s) > MaxIDLength || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLowerAlnum(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isLowerAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}
