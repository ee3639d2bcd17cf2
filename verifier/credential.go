package verifier

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

const scheme = "Bearer"

// otherNames are query parameters and cookies that carry credentials elsewhere
// (RFC 6750, section 2.3; libSQL clients), compared without regard to case.
var otherNames = []string{"access_token", "api_key", "apikey", "auth_token", "authtoken", "jwt"}

// Credential takes the bearer token from a request (RFC 6750, section 2.1): one
// Authorization header, the scheme in any case, one space, and a token in the
// b64token alphabet of at most [token.MaxJWTLength] bytes. A second credential
// anywhere in the request is refused, because somebody behind us might believe
// that one. Every error is a *refusal.Refusal.
func Credential(r *http.Request) (string, error) {
	credential, err := takeUnchecked(r, scan(r), DefaultRealm)
	if err == nil && !token.IsB64Token(credential) {
		return "", malformedHeader(DefaultRealm)
	}
	return credential, err
}

// takeUnchecked takes the bearer token from a request whose headers were scanned. Its
// alphabet is still to be looked at.
func takeUnchecked(r *http.Request, scanned Scan, realm string) (string, error) {
	switch {
	case len(scanned.authorization) == 0:
		return "", missing(realm)
	case len(scanned.authorization) > 1 || scanned.another || inQuery(r.URL):
		return "", multiple(realm)
	}
	credential, ok := cutScheme(scanned.authorization[0])
	switch {
	case !ok:
		return "", malformedHeader(realm)
	case len(credential) > token.MaxJWTLength:
		return "", invalid(realm, refusal.Malformed, token.ErrJWT)
	}
	return credential, nil
}

// cutScheme takes the credential from an Authorization header. Nearly every client
// writes the scheme as we do.
func cutScheme(line string) (credential string, ok bool) {
	if credential, ok = strings.CutPrefix(line, scheme+" "); ok {
		return credential, true
	}
	word, credential, _ := strings.Cut(line, " ")
	return credential, strings.EqualFold(word, scheme)
}

// Scan is what the headers of a request say of credentials. Whoever walks over the
// headers for reasons of their own shows each to [Scan.Header], and spares the verifier
// that walk.
type Scan struct {
	authorization []string
	another       bool // somewhere else
}

// Header looks at one header, by its canonical name.
func (s *Scan) Header(name string, lines []string) {
	switch name {
	case "Authorization":
		s.authorization = lines
	case "Proxy-Authorization", "X-Access-Token", "X-Api-Key", "X-Auth-Token", "X-Authorization", "X-Proxy-Authorization":
		s.another = s.another || len(lines) > 0 // something behind us might look there
	case "Cookie":
		s.another = s.another || inCookies(lines)
	case "Sec-Websocket-Protocol":
		s.another = s.another || inProtocols(lines)
	}
}

func scan(r *http.Request) (s Scan) {
	for name, lines := range r.Header {
		s.Header(name, lines)
	}
	return s
}

// CarriesNone reports whether a request, all of whose headers were scanned, has no
// credential in any place that is known to carry one: neither one to check nor one to refuse.
func (s Scan) CarriesNone(r *http.Request) bool {
	return len(s.authorization) == 0 && !s.another && !inQuery(r.URL)
}

// inQuery looks at names as any server behind us might split them.
func inQuery(u *url.URL) bool {
	if u == nil || u.RawQuery == "" {
		return false
	}
	for pair := range strings.FieldsFuncSeq(u.RawQuery, func(c rune) bool { return c == '&' || c == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if isOtherName(name) {
			return true
		}
	}
	return false
}

func inCookies(lines []string) bool {
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(pair, "=")
			if isOtherName(strings.TrimSpace(name)) {
				return true
			}
		}
	}
	return false
}

// inProtocols finds tokens that browsers smuggle into the one header of a
// WebSocket upgrade that scripts can set. Every JWT begins with "eyJ".
func inProtocols(lines []string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			item = strings.ToLower(strings.TrimSpace(item))
			if strings.Contains(item, "bearer") || strings.HasPrefix(item, "eyj") || isOtherName(item) {
				return true
			}
		}
	}
	return false
}

func isOtherName(name string) bool {
	for _, other := range otherNames {
		if strings.EqualFold(name, other) {
			return true
		}
	}
	return false
}
