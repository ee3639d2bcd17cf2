package token

import (
	"errors"
	"fmt"
)

// Family says who a token is for and which door minted it. A token of one
// family is never accepted where another is asked for (RFC 8725, section 3.12).
type Family string

// The families of credentials.
const (
	Database  Family = "database"  // a JWT for one libSQL database
	Group     Family = "group"     // a JWT for the databases of a group
	Developer Family = "developer" // an opaque token for an application or script
	User      Family = "user"      // an opaque token for a user of an API
)

// Opaque reports whether credentials of the family are opaque: known by a record
// of each, and not by a signature.
func (f Family) Opaque() bool { return f == Developer || f == User }

// Access says whether a token may change what it reaches.
type Access string

// The two kinds of access, in the words of the Turso API.
const (
	FullAccess Access = "full-access"
	ReadOnly   Access = "read-only"
)

// ErrAccess reports a word that is neither "full-access" nor "read-only".
var ErrAccess = errors.New("invalid authorization level")

// ParseAccess reads one of the two words, exactly as written: any other
// spelling, also the empty one, is refused instead of falling through to more.
func ParseAccess(s string) (Access, error) {
	switch a := Access(s); a {
	case FullAccess, ReadOnly:
		return a, nil
	default:
		return "", fmt.Errorf("%w: want %q or %q", ErrAccess, FullAccess, ReadOnly)
	}
}
