package door

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Call is a request whose caller is known.
type Call struct {
	*http.Request
	Writer http.ResponseWriter
	issuer.Caller
	Names  map[string]string // of the path
	status int               // of the answer; 0 is 200
}

// Endpoint is a method on paths of one shape, served by a door D.
type Endpoint[D any] struct {
	Method  string
	Public  bool     // answers without a key
	mints   bool     // counts against the caller's limit
	pattern []string // segments; "{name}" stands for any one that is not empty
	serve   func(D, *Call) (reply any, err error)
}

// On makes an endpoint.
func On[D any](method, path string, serve func(D, *Call) (any, error)) Endpoint[D] {
	return Endpoint[D]{Method: method, pattern: segments(path), serve: serve}
}

// Minting is an endpoint that makes tokens: the limit of the caller's key holds there.
func Minting[D any](method, path string, serve func(D, *Call) (any, error)) Endpoint[D] {
	e := On(method, path, serve)
	e.mints = true
	return e
}

// Routes names what endpoints answer, such as "GET /things/{id}".
func Routes[D any](endpoints []Endpoint[D]) []string {
	routes := make([]string, len(endpoints))
	for i := range endpoints {
		routes[i] = endpoints[i].Method + " /" + strings.Join(endpoints[i].pattern, "/")
	}
	return routes
}

// Answer serves a call and writes the reply as JSON. An error is a refusal:
// nothing was written yet but headers that tell of the limit.
func (e *Endpoint[D]) Answer(s *issuer.Service, d D, c *Call) error {
	if e.mints {
		decision := s.AdmitMint(c.Context(), c.Principal)
		decision.SetHeader(c.Writer.Header(), "mint")
		if !decision.Allowed {
			return decision.Refusal()
		}
	}
	reply, err := e.serve(d, c)
	if err != nil {
		return err
	}
	return write(c.Writer, c.status, reply)
}

// Find picks the endpoint by exact path and method. A path with other methods is
// refused with these; for one with none, missing says the words.
func Find[D any](endpoints []Endpoint[D], r *http.Request, missing error) (*Endpoint[D], map[string]string, error) {
	path, ok := decodePath(r.URL)
	if !ok {
		return nil, nil, missing
	}
	var allow []string
	for i := range endpoints {
		e := &endpoints[i]
		names, ok := match(e.pattern, path)
		if !ok {
			continue
		}
		if e.Method == r.Method {
			return e, names, nil
		}
		allow = append(allow, e.Method)
	}
	if len(allow) > 0 {
		return nil, nil, refusal.Method(strings.Join(allow, ", "))
	}
	return nil, nil, missing
}

// NoSuchPath refuses a path that no endpoint has, in the words of a door.
func NoSuchPath(title, sentence string) error {
	return &refusal.Refusal{Status: http.StatusNotFound, Title: title, Code: refusal.NotFound, Reason: refusal.Route, Message: sentence}
}

func segments(path string) []string { return strings.Split(strings.TrimPrefix(path, "/"), "/") }

// decodePath decodes every segment once. A segment that could be read as another
// path, by anyone before or behind us, is in no path of ours.
func decodePath(u *url.URL) (path []string, ok bool) {
	for _, escaped := range segments(u.EscapedPath()) {
		segment, err := url.PathUnescape(escaped)
		if err != nil || segment == "." || segment == ".." || strings.ContainsAny(segment, `/\`) {
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
		if name, variable := strings.CutPrefix(want, "{"); variable && path[i] != "" {
			names[strings.TrimSuffix(name, "}")] = path[i]
		} else if path[i] != want {
			return nil, false
		}
	}
	return names, true
}
