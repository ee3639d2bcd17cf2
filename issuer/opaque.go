package issuer

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// The bounds of what an opaque token may say.
const (
	MaxNote   = 200 // characters
	MaxHolder = 256 // characters
	MaxScopes = 64
	MaxScope  = 128 // bytes
	maxRoute  = 256 // bytes
	maxLimits = 64  // networks, and routes
	maxReason = 200 // bytes
)

// MaxUserLifetime is the longest that a user token may live, whatever the policy.
const MaxUserLifetime = 525600 * time.Minute

// authorize checks that a principal may do this with the opaque tokens of a family.
func authorize(by Caller, a Action, family token.Family) error {
	if !by.may(a, family) {
		return notPermitted(a, family)
	}
	return nil
}

// opaqueEvent begins the audit event of a call that goes well.
func (s *Service) opaqueEvent(a Action, by Caller, family token.Family, holder string) *store.Event {
	return &store.Event{
		At: s.now(), Action: string(a), Outcome: string(OutcomeOK), Actor: by.Name(),
		Subject: opaqueSubject(family, holder), ClientIP: by.ClientIP, RequestID: by.RequestID,
	}
}

// opaqueSubject names what an event is about. A credential in the place of a name
// must not reach a log.
func opaqueSubject(family token.Family, holder string) string {
	if holder != "" && !ValidHolder(holder) {
		holder = "(invalid)"
	}
	return token.Subject{Family: family, Name: holder}.String()
}

// CheckNote reports whether s may be a note: 1 to [MaxNote] characters, none of
// them a control character.
func CheckNote(s string) error {
	if s == "" || utf8.RuneCountInString(s) > MaxNote || !printable(s) {
		return Malformed("note must have 1 to "+strconv.Itoa(MaxNote)+" characters, and no control characters.", nil)
	}
	return nil
}

// ValidHolder reports whether s may name a user or an application: 1 to
// [MaxHolder] characters, no control character, no space at the ends, and no
// credential, which lists and logs would show. A JWT is longer than that.
func ValidHolder(s string) bool {
	_, secret := token.ParseOpaque(s)
	return !secret && s != "" && utf8.RuneCountInString(s) <= MaxHolder && printable(s) && strings.TrimSpace(s) == s
}

// ValidScope reports whether s may be a scope: one word of 1 to [MaxScope] bytes.
// Spaces separate scopes where they stand in one text (RFC 6749, section 3.3).
func ValidScope(s string) bool {
	return s != "" && len(s) <= MaxScope && printable(s) && !strings.ContainsFunc(s, unicode.IsSpace)
}

// ValidRoute reports whether s may be a route: what [token.ParseRoute] reads, in at
// most [maxRoute] bytes.
func ValidRoute(s string) bool {
	_, err := token.ParseRoute(s)
	return err == nil && len(s) <= maxRoute
}

// printable reports whether s is text that looks the same wherever it is shown:
// no control characters, and none that turn the direction of what follows.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
	})
}

func checkScopes(scopes []string) ([]string, error) {
	once, err := distinct("scopes", scopes)
	switch {
	case err != nil:
		return nil, err
	case scopes != nil && len(scopes) == 0:
		return nil, Malformed("scopes is empty. Leave it out for a token that has them all.", nil)
	case slices.ContainsFunc(once, func(scope string) bool { return !ValidScope(scope) }):
		return nil, Malformed(fmt.Sprintf("Each scope must be one word of at most %d bytes.", MaxScope), nil)
	}
	return once, nil
}

func checkNetworks(networks []netip.Prefix) ([]netip.Prefix, error) {
	switch {
	case networks != nil && len(networks) == 0:
		return nil, Malformed("networks is empty. Leave it out for a token that may be used from anywhere.", nil)
	case len(networks) > maxLimits:
		return nil, tooManyNames("networks")
	case slices.ContainsFunc(networks, func(n netip.Prefix) bool { return !n.IsValid() || n != n.Masked() || n.Addr().Is4In6() }):
		return nil, Malformed(`networks must be a list of networks such as "192.0.2.0/24" or "2001:db8::/32", without bits behind the mask.`, nil)
	}
	return networks, nil
}

func checkRoutes(routes []string) ([]string, error) {
	once, err := distinct("routes", routes)
	switch {
	case err != nil:
		return nil, err
	case routes != nil && len(routes) == 0:
		return nil, Malformed("routes is empty. Leave it out for a token that may be used on all of them.", nil)
	case slices.ContainsFunc(once, func(route string) bool { return !ValidRoute(route) }):
		return nil, Malformed(`A route is a path, or a method and a path, such as "/v1/songs" or "GET /v1/users/*".`, nil)
	}
	return once, nil
}
