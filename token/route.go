package token

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// ErrRoute reports text that is no route.
var ErrRoute = errors.New("invalid route")

// Route is where a narrowed token may be used:
//
//	/v1/songs           this path
//	/v1/*               every path below /v1/
//	GET /v1/songs       this path, with this method only
//
// Paths are compared as they are once decoded, with regard to case.
type Route struct {
	method string // empty: any
	path   string
	below  bool // path ends in "/" and stands for all that begin with it
}

// ParseRoute reads a route; the error is [ErrRoute].
func ParseRoute(s string) (Route, error) {
	var r Route
	r.path = s
	if method, path, ok := strings.Cut(s, " "); ok {
		if !ValidMethod(method) {
			return Route{}, fmt.Errorf("%w %.80q: methods are written in upper case", ErrRoute, s)
		}
		r.method, r.path = method, path
	}
	if strings.HasSuffix(r.path, "/*") {
		r.path, r.below = strings.TrimSuffix(r.path, "*"), true
	}
	if !isPlain(r.path) || strings.Contains(r.path, "*") {
		return Route{}, fmt.Errorf(`%w %.80q: write it as "/path", "/path/*" or "GET /path"`, ErrRoute, s)
	}
	return r, nil
}

// Matches reports whether the route covers a request. The path must be one that
// [PlainPath] gave.
func (r Route) Matches(method, path string) bool {
	if r.method != "" && r.method != method {
		return false
	}
	return r.path == path || r.below && strings.HasPrefix(path, r.path)
}

// PlainPath decodes the path of a request, unless another server might take it
// for another path: dot segments, empty segments, encoded slashes, backslashes,
// path parameters, and whatever a second decoding would change.
func PlainPath(escaped string) (path string, ok bool) {
	path, err := url.PathUnescape(escaped)
	if err != nil || strings.Count(path, "/") != strings.Count(escaped, "/") || !isPlain(path) {
		return "", false
	}
	return path, true
}

func isPlain(path string) bool {
	if !strings.HasPrefix(path, "/") || !utf8.ValidString(path) || strings.ContainsFunc(path, notInPath) {
		return false
	}
	inner := strings.TrimSuffix(path[1:], "/")
	if inner == "" {
		return path == "/"
	}
	for segment := range strings.SplitSeq(inner, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

func notInPath(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`%\;?#`, r) }

// ValidMethod reports whether s is an HTTP method as it is written: 1 to 32 of
// A-Z, "-" and "_".
func ValidMethod(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}
