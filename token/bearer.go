package token

import "strings"

// b64 is the alphabet of b64token.
var b64 = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") {
		table[c] = true
	}
	return table
}()

// IsB64Token reports whether s is a b64token (RFC 6750, section 2.1): at least one
// character of the alphabet, then perhaps padding.
func IsB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !b64[body[i]] {
			return false
		}
	}
	return body != ""
}
