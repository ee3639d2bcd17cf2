package token

// MaxNameLength is the longest name of an organization, group or database, in
// bytes. It is also the longest label of a host name (RFC 1035, section 2.3.4),
// so that every database can be reached by host.
const MaxNameLength = 63

// ValidName reports whether s may name an organization, a group or a database:
// 1 to [MaxNameLength] of a-z, 0-9 and "-", with no "-" at either end. Such a
// name needs no escaping in a path, a host name, a header or a store key.
func ValidName(s string) bool {
	if s == "" || len(s) > MaxNameLength || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLowerAlnum(c) && c != '-' {
			return false
		}
	}
	return true
}
