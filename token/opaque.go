package token

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"strings"
)

// An opaque credential is "<prefix>_<name>_<secret><checksum>". Everything before
// the last "_" is the id of the token, which is not secret. The secret has 256
// bits; the checksum is the CRC-32 (IEEE) of all that stands before it, so that a
// mistyped credential, or one of another system, is refused without a look-up.
const (
	nameDigits     = 16 // of 32: 80 bits
	secretDigits   = 43 // of 62: 256 bits
	checksumDigits = 6  // of 62: more than 32 bits
	maxPrefix      = 16

	minOpaque = 1 + 1 + nameDigits + 1 + secretDigits + checksumDigits
	maxOpaque = minOpaque - 1 + maxPrefix
)

const (
	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// fair is how many values of a byte give each digit of base 62 equally often.
	fair = 256 / len(base62) * len(base62)
)

// ValidPrefix reports whether s may begin the credentials of a family: 1 to 16 of
// a-z, 0-9 and "_", first a letter, and no "_" at the end.
func ValidPrefix(s string) bool {
	return s != "" && len(s) <= maxPrefix && 'a' <= s[0] && s[0] <= 'z' && s[len(s)-1] != '_' && allOf(s, isWord)
}

// NewOpaque draws a credential, which is secret, and the id that is part of it.
// The prefix must be a [ValidPrefix].
func NewOpaque(prefix string) (credential, id string) {
	id = prefix + "_" + NewID()[:nameDigits]
	unchecked := id + "_" + randomDigits(secretDigits)
	return unchecked + checksum(unchecked), id
}

// ParseOpaque finds the id in an opaque credential. It looks at the form and the
// checksum only, does not allocate, and says nothing about whether the token exists.
func ParseOpaque(s string) (id string, ok bool) {
	if len(s) < minOpaque || len(s) > maxOpaque {
		return "", false
	}
	end := len(s) - secretDigits - checksumDigits - 1
	id = s[:end]
	prefix, name := id[:end-nameDigits-1], id[end-nameDigits:]
	if s[end] != '_' || id[len(prefix)] != '_' || !ValidPrefix(prefix) || !allOf(name, isBase32) || !allOf(s[end+1:], isBase62) {
		return "", false
	}
	sum := crc(s[:len(s)-checksumDigits])
	for i := len(s) - 1; i >= len(s)-checksumDigits; i-- {
		if s[i] != base62[sum%62] {
			return "", false
		}
		sum /= 62
	}
	return id, true
}

// The prefixes of opaque tokens, unless the configuration has others.
const (
	DefaultDeveloperPrefix = "jt"
	DefaultUserPrefix      = "token"
)

// OpaquePrefix is the prefix in an id that [ParseOpaque] found: all before the last "_".
func OpaquePrefix(id string) string { return id[:max(0, strings.LastIndexByte(id, '_'))] }

// OpaqueDigest is what is stored in place of an opaque credential. The secret has
// 256 random bits, so no slower function and no salt would make it safer.
func OpaqueDigest(credential string) [sha256.Size]byte {
	var room [2 * maxOpaque]byte
	return sha256.Sum256(append(room[:0], credential...))
}

// MaskOpaque shows a credential as lists do: "jt_9f0c…a1b2". The hint is its last
// characters, which belong to the checksum; it may be empty.
func MaskOpaque(id, hint string) string {
	cut := strings.LastIndexByte(id, '_') + 1
	return id[:min(len(id), cut+4)] + "…" + hint
}

// OpaqueHint is as much of a credential as may be kept and shown.
func OpaqueHint(credential string) string { return credential[len(credential)-4:] }

// randomDigits draws n digits of base 62, each equally likely.
func randomDigits(n int) string {
	digits := make([]byte, 0, n)
	var random [64]byte
	for len(digits) < n {
		_, _ = rand.Read(random[:]) // never fails
		for _, b := range random {
			if int(b) < fair && len(digits) < n {
				digits = append(digits, base62[int(b)%len(base62)])
			}
		}
	}
	return string(digits)
}

func checksum(s string) string {
	sum := crc(s)
	var digits [checksumDigits]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = base62[sum%62]
		sum /= 62
	}
	return string(digits[:])
}

// crc is [crc32.ChecksumIEEE] of a string, without a copy of it.
func crc(s string) uint32 {
	sum := ^uint32(0)
	for i := range len(s) {
		sum = crc32.IEEETable[byte(sum)^s[i]] ^ sum>>8
	}
	return ^sum
}

func allOf(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func isBase32(c byte) bool { return 'a' <= c && c <= 'z' || '2' <= c && c <= '7' }

func isWord(c byte) bool { return isLowerAlnum(c) || c == '_' }

func isBase62(c byte) bool { return isLowerAlnum(c) || 'A' <= c && c <= 'Z' }
