package turso

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Door serves the Turso platform API.
type Door struct {
	service *issuer.Service
	host    hostTemplate
}

// New makes a door. The host template says where a database is reached, such as
// "{database}.db.example.com", with "{organization}" too if wanted; "http://"
// before it tells clients that there is no TLS. Empty, clients are told no host.
func New(service *issuer.Service, host string) *Door {
	return &Door{service: service, host: newHostTemplate(host)}
}

// call is a request whose caller is known.
type call struct {
	*http.Request
	writer http.ResponseWriter
	issuer.Caller
	names map[string]string // of the path
}

// Handle answers a request that the door [Owns]. An error is a refusal: nothing
// was written yet, and [refusal.Write] is the answer.
func (d *Door) Handle(w http.ResponseWriter, r *http.Request, requestID, clientIP string) error {
	endpoint, names, err := find(r)
	if err != nil {
		return err
	}
	if endpoint.public {
		return answer(w, endpoint, d, &call{Request: r, writer: w})
	}
	principal, err := d.authenticate(r.Header)
	if err != nil {
		return err
	}
	caller := issuer.Caller{Principal: principal, ClientIP: clientIP, RequestID: requestID}
	return answer(w, endpoint, d, &call{Request: r, writer: w, Caller: caller, names: names})
}

func answer(w http.ResponseWriter, e *endpoint, d *Door, c *call) error {
	reply, err := e.serve(d, c)
	if err != nil {
		return err
	}
	return write(w, reply)
}

// authenticate wants exactly one Authorization header: with two, something
// between the client and here could have read the other one.
func (d *Door) authenticate(h http.Header) (*issuer.Principal, error) {
	headers := h.Values("Authorization")
	switch {
	case len(headers) == 0:
		return nil, unauthenticated(refusal.Missing)
	case len(headers) > 1:
		return nil, unauthenticated(refusal.Multiple)
	}
	scheme, secret, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return nil, unauthenticated(refusal.Malformed)
	}
	principal, ok := d.service.Authenticate(secret)
	if !ok {
		return nil, unauthenticated(refusal.UnknownKey)
	}
	return principal, nil
}

// unauthenticated is the same answer for every cause; only the log tells them apart.
func unauthenticated(reason refusal.Reason) error {
	return &refusal.Refusal{
		Status: http.StatusUnauthorized, Title: "Invalid or expired auth token", Code: refusal.AdminKeyInvalid, Reason: reason,
		Message:   `Send an admin key in one header: "Authorization: Bearer <key>". Tokens that were minted here cannot mint.`,
		Challenge: `Bearer realm="sekisho"`,
	}
}

// owned are the first words of the platform API after its version. A libSQL
// server has none of them, so that both can be served by one host.
var owned = []string{"auth", "current-user", "databases", "groups", "locations", "organizations", "user"}

// Owns reports whether the door answers the request, be it with a refusal. What
// it does not own passes on to whoever is next.
func Owns(r *http.Request) bool {
	path := r.URL.Path
	if path == releasesPath {
		return true
	}
	version, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	word, _, _ := strings.Cut(rest, "/")
	return path != "" && path[0] == '/' && slices.Contains(versions, version) && slices.Contains(owned, word)
}

var versions = []string{"v1", "v2", "v3"}
