package verifier

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

const scheme = "Bearer"

// otherHeaders are places beside Authorization where something behind us might
// look for a credential.
var otherHeaders = []string{
	"Proxy-Authorization", "X-Access-Token", "X-Api-Key", "X-Auth-Token", "X-Authorization", "X-Proxy-Authorization",
}

// otherNames are query parameters and cookies that carry credentials elsewhere
// (RFC 6750, section 2.3; libSQL clients), compared without regard to case.
var otherNames = []string{"access_token", "api_key", "apikey", "auth_token", "authtoken", "jwt"}

// Credential takes the bearer token from a request (RFC 6750, section 2.1): one
// Authorization header, the scheme in any case, one space, and a token in the
// b64token alphabet of at most [token.MaxJWTLength] bytes. A second credential
// anywhere in the request is refused, because somebody behind us might believe
// that one. Every error is a *refusal.Refusal.
func Credential(r *http.Request) (string, error) {
	credential, err := takeUnchecked(r, DefaultRealm)
	if err == nil && !isB64Token(credential) {
		return "", malformedHeader(DefaultRealm)
	}
	return credential, err
}

// takeUnchecked is [Credential] before its alphabet is looked at.
func takeUnchecked(r *http.Request, realm string) (string, error) {
	lines := r.Header["Authorization"]
	switch {
	case len(lines) == 0:
		return "", missing(realm)
	case len(lines) > 1 || carriesAnother(r):
		return "", multiple(realm)
	}
	credential, ok := cutScheme(lines[0])
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

// b64 is the alphabet of b64token (RFC 6750, section 2.1).
var b64 = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") {
		table[c] = true
	}
	return table
}()

// isB64Token reports whether s is a b64token: at least one character of the
// alphabet, then perhaps padding.
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !b64[body[i]] {
			return false
		}
	}
	return body != ""
}

// carriesAnother reports whether there is a credential outside Authorization.
func carriesAnother(r *http.Request) bool {
	for _, name := range otherHeaders {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return inQuery(r.URL) || inCookies(r) || inProtocols(r.Header["Sec-Websocket-Protocol"])
}

// CarriesNone reports whether a request has no credential anywhere that
// [Credential] knows of: neither one to check nor one to refuse.
func CarriesNone(r *http.Request) bool {
	return len(r.Header["Authorization"]) == 0 && !carriesAnother(r)
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

func inCookies(r *http.Request) bool {
	for _, line := range r.Header["Cookie"] {
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
