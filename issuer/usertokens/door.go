package usertokens

import (
	"net/http"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// path is where the door is.
const path = "/api/tokens"

// family is whose tokens are handled here.
const family = token.User

// Door serves user tokens.
type Door struct {
	service *issuer.Service
	tokens  door.Opaque
}

// New makes a door.
func New(service *issuer.Service) *Door {
	return &Door{service, door.Opaque{Service: service, Family: family, Path: path}}
}

// endpoints are all that there are.
var endpoints = []door.Endpoint[*Door]{
	door.Minting(http.MethodPost, path, (*Door).create),
	door.On(http.MethodGet, path, (*Door).list),
	door.On(http.MethodDelete, path, (*Door).revokeUser),
	door.Minting(http.MethodPost, path+"/import", (*Door).importTable),
	door.On(http.MethodGet, path+"/{id}", (*Door).info),
	door.On(http.MethodDelete, path+"/{id}", (*Door).revoke),
	door.Minting(http.MethodPost, path+"/{id}/rotate", (*Door).rotate),
}

// Routes lists all that the door answers, such as "GET /things/{id}".
func Routes() []string { return door.Routes(endpoints) }

// Owns reports whether the door answers the request, be it with a refusal. What
// it does not own passes on to whoever is next.
func Owns(r *http.Request) bool {
	return r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/")
}

// Handle answers a request that the door [Owns]. An error is a refusal: nothing
// was written yet.
func (d *Door) Handle(w http.ResponseWriter, r *http.Request, requestID, clientIP string) error {
	endpoint, names, err := door.Find(endpoints, r, door.NoSuchPath("Not found", "There is nothing at this path. User tokens are at "+path+"."))
	if err != nil {
		return err
	}
	principal, err := d.authenticate(r.Header)
	if err != nil {
		return err
	}
	caller := issuer.Caller{Principal: principal, ClientIP: clientIP, RequestID: requestID}
	return endpoint.Answer(d.service, d, &door.Call{Request: r, Writer: w, Caller: caller, Names: names})
}

// authenticate wants the admin key in an X-API-Key or an Authorization header, in
// one of them and once: of two, one would have to be believed.
func (d *Door) authenticate(h http.Header) (*issuer.Principal, error) {
	keys := h.Values("X-API-Key")
	if len(keys)+len(h.Values("Authorization")) > 1 {
		return nil, twoCredentials()
	}
	var principal *issuer.Principal
	var reason refusal.Reason
	if len(keys) == 1 {
		principal, reason = door.Known(d.service, keys[0])
	} else {
		principal, reason = door.Bearer(d.service, h)
	}
	if reason != "" {
		return nil, door.Unauthenticated(reason, "Unauthorized. Valid X-API-Key header required.",
			`Send an admin key in one header: "X-API-Key: <key>" or "Authorization: Bearer <key>". User tokens cannot manage user tokens.`)
	}
	return principal, nil
}

// twoCredentials is the answer of RFC 6750, section 3.1.
func twoCredentials() error {
	return &refusal.Refusal{
		Status: http.StatusBadRequest, Title: "Bad request", Code: refusal.AuthTwoCredentials, Reason: refusal.Multiple,
		Message:   "The request has more than one credential. Send the admin key in one header only.",
		Challenge: `Bearer realm="sekisho", error="invalid_request"`,
	}
}
