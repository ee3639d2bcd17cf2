package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token"
)

// The headers that tell the API behind the gate whose request it is. Values are
// printable ASCII: other characters and "%" are written as %XX (RFC 3986, section 2.1).
const (
	HeaderID      = "X-Token-Id"
	HeaderFamily  = "X-Token-Family"
	HeaderSubject = "X-Token-Subject" // the user or application; family/organization/name of a JWT
	HeaderScopes  = "X-Token-Scopes"  // separated by spaces; "*" for an unscoped token, none for a JWT
	HeaderNote    = "X-Token-Note"
)

// ourHeaders are all of them, in lower case.
var ourHeaders = inLowerCase(HeaderID, HeaderFamily, HeaderSubject, HeaderScopes, HeaderNote)

func inLowerCase(names ...string) []string {
	for i, name := range names {
		names[i] = strings.ToLower(name)
	}
	return names
}

// identity are the values of our headers; an empty one is not sent.
type identity struct {
	id, family, subject, scopes, note string
}

func newIdentity(g *token.Grant) identity {
	i := identity{id: escape(g.ID), family: escape(string(g.Family)), subject: escape(g.Holder), note: escape(g.Note)}
	switch {
	case !g.Family.Opaque():
		i.subject = escape(g.Subject().String())
		return i
	case g.Scopes == nil:
		i.scopes = "*"
		return i
	}
	scopes := make([]string, len(g.Scopes))
	for n, scope := range g.Scopes {
		scopes[n] = strings.ReplaceAll(escape(scope), " ", "%20")
		if scope == "*" {
			scopes[n] = "%2A" // a word like another, not all of them
		}
	}
	i.scopes = strings.Join(scopes, " ")
	return i
}

// field is a header with its value.
type field struct{ name, value string }

// fields are the headers to be sent.
func (i identity) fields() []field {
	all := []field{
		{HeaderID, i.id}, {HeaderFamily, i.family}, {HeaderSubject, i.subject}, {HeaderScopes, i.scopes}, {HeaderNote, i.note},
	}
	return slices.DeleteFunc(all, func(f field) bool { return f.value == "" })
}

// identify sets our headers. Every request gets slices of its own, since handlers
// behind us may change them in place.
func (p *plan) identify(h http.Header) {
	values := make([]string, len(p.fields))
	for n, f := range p.fields {
		values[n] = f.value
		h[f.name] = values[n : n+1 : n+1]
	}
}

// escape makes any text a header value that says it exactly.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		edge := c == ' ' && (i == 0 || i == len(s)-1) // would be trimmed
		if c < ' ' || c > '~' || c == '%' || edge {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isOurs reports whether a header could be taken for one of ours. Most names are told
// apart by their first letter.
func isOurs(header string) bool {
	return header != "" && header[0]|0x20 == ourHeaders[0][0] && matchesAny(header, ourHeaders)
}

// matchesAny reports whether a header's name could be taken for one of names, which
// are in lower case: servers that pass headers on as variables turn everything but
// letters and digits into "_".
func matchesAny(header string, names []string) bool {
	for _, name := range names {
		if len(header) == len(name) && spelledAlike(header, name) {
			return true
		}
	}
	return false
}

func spelledAlike(header, name string) bool {
	for i := range len(name) {
		c := header[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case (c < 'a' || c > 'z') && (c < '0' || c > '9'):
			c = '-'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}
