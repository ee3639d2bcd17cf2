package turso

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// endpoint is a method on paths of one shape.
type endpoint struct {
	method  string
	pattern []string // segments; "{name}" stands for any one
	serve   func(*Door, *call) (reply any, err error)
	public  bool // answers without a key
}

// releasesPath is where Turso's command line asks for its newest version.
const releasesPath = "/releases/latest"

// endpoints are all that there are. A path without an organization means the
// only one: the command line leaves it out until the user has chosen one.
var endpoints = slices.Concat(
	[]endpoint{
		{method: http.MethodGet, pattern: segments(releasesPath), serve: (*Door).releases, public: true},
		on(http.MethodGet, "/v1/auth/validate", (*Door).validate),
		on(http.MethodGet, "/v1/auth/api-tokens/validate", (*Door).validate),
		on(http.MethodGet, "/v1/organizations", (*Door).organizationsV1),
		on(http.MethodGet, "/v2/organizations", (*Door).organizations),
	},
	within("/v1"),
	within("/v1/organizations/{organization}"),
)

func within(base string) []endpoint {
	return []endpoint{
		on(http.MethodGet, base+"/databases", (*Door).databases),
		on(http.MethodGet, base+"/databases/{database}", (*Door).database),
		on(http.MethodPost, base+"/databases/{database}/auth/tokens", (*Door).mint),
		on(http.MethodGet, base+"/databases/{database}/auth/tokens", (*Door).list),
		on(http.MethodDelete, base+"/databases/{database}/auth/tokens/{id}", (*Door).revoke),
		on(http.MethodPost, base+"/databases/{database}/auth/rotate", (*Door).rotate),

		on(http.MethodGet, base+"/groups", (*Door).groups),
		on(http.MethodGet, base+"/groups/{group}", (*Door).group),
		on(http.MethodPost, base+"/groups/{group}/auth/tokens", (*Door).mint),
		on(http.MethodGet, base+"/groups/{group}/auth/tokens", (*Door).list),
		on(http.MethodDelete, base+"/groups/{group}/auth/tokens/{id}", (*Door).revoke),
		on(http.MethodPost, base+"/groups/{group}/auth/rotate", (*Door).rotate),
	}
}

func on(method, path string, serve func(*Door, *call) (any, error)) endpoint {
	return endpoint{method: method, pattern: segments(path), serve: serve}
}

func segments(path string) []string { return strings.Split(strings.TrimPrefix(path, "/"), "/") }

// find picks the endpoint by exact path and method.
func find(r *http.Request) (*endpoint, map[string]string, error) {
	path, ok := decodePath(r.URL)
	if !ok {
		return nil, nil, noSuchPath()
	}
	var allow []string
	for i := range endpoints {
		e := &endpoints[i]
		names, ok := match(e.pattern, path)
		if !ok {
			continue
		}
		if e.method == r.Method {
			return e, names, nil
		}
		allow = append(allow, e.method)
	}
	if len(allow) > 0 {
		return nil, nil, refusal.Method(strings.Join(allow, ", "))
	}
	return nil, nil, noSuchPath()
}

// decodePath decodes every segment once. A segment that could be read as another
// path, by anyone before or behind us, is in no path of ours.
func decodePath(u *url.URL) (path []string, ok bool) {
	for _, escaped := range segments(u.EscapedPath()) {
		segment, err := url.PathUnescape(escaped)
		if err != nil || segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, `/\`) {
			return nil, false
		}
		path = append(path, segment)
	}
	return path, true
}

func match(pattern, path []string) (names map[string]string, ok bool) {
	if len(pattern) != len(path) {
		return nil, false
	}
	names = map[string]string{}
	for i, want := range pattern {
		if name, variable := strings.CutPrefix(want, "{"); variable {
			names[strings.TrimSuffix(name, "}")] = path[i]
		} else if path[i] != want {
			return nil, false
		}
	}
	return names, true
}

func noSuchPath() error {
	return &refusal.Refusal{
		Status: http.StatusNotFound, Title: "not found", Code: refusal.NotFound, Reason: refusal.Route,
		Message: "This part of the Turso API is not served here.",
	}
}
