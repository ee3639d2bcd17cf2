package oauth

import (
	"net/http"
	"net/url"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// The paths of the door.
const (
	revokePath     = "/oauth/revoke"
	introspectPath = "/oauth/introspect"
)

// Door serves introspection and revocation.
type Door struct {
	service *issuer.Service
}

// New makes a door.
func New(service *issuer.Service) *Door { return &Door{service} }

var endpoints = []door.Endpoint[*Door]{
	door.On(http.MethodPost, revokePath, (*Door).revoke),
	door.On(http.MethodPost, introspectPath, (*Door).introspect),
}

// Routes lists all that the door answers, such as "GET /things/{id}".
func Routes() []string { return door.Routes(endpoints) }

// Owns reports whether the door answers the request, be it with a refusal. What
// it does not own passes on to whoever is next.
func Owns(r *http.Request) bool {
	return r.URL.Path == revokePath || r.URL.Path == introspectPath
}

// Handle answers a request that the door [Owns]. An error is a refusal: nothing
// was written yet.
func (d *Door) Handle(w http.ResponseWriter, r *http.Request, requestID, clientIP string) error {
	endpoint, names, err := door.Find(endpoints, r, door.NoSuchPath("Not found", "There is nothing at this path."))
	if err != nil {
		return err
	}
	principal, reason := d.authenticate(r)
	if reason != "" {
		return door.Unauthenticated(reason, "invalid_client",
			`Send an admin key: "Authorization: Bearer <key>", or HTTP Basic with the name of the key and the key.`)
	}
	caller := issuer.Caller{Principal: principal, ClientIP: clientIP, RequestID: requestID}
	return endpoint.Answer(d.service, d, &door.Call{Request: r, Writer: w, Caller: caller, Names: names})
}

// authenticate takes an admin key from Bearer or, as OAuth clients send it, from
// Basic, where name and key are form-encoded (RFC 6749, section 2.3.1).
func (d *Door) authenticate(r *http.Request) (*issuer.Principal, refusal.Reason) {
	name, secret, basic := r.BasicAuth()
	if !basic || len(r.Header.Values("Authorization")) > 1 {
		return door.Bearer(d.service, r.Header)
	}
	name, err1 := url.QueryUnescape(name)
	secret, err2 := url.QueryUnescape(secret)
	if err1 != nil || err2 != nil {
		return nil, refusal.Malformed
	}
	principal, reason := door.Known(d.service, secret)
	if reason == "" && principal.Name() != name {
		return nil, refusal.UnknownKey
	}
	return principal, reason
}
