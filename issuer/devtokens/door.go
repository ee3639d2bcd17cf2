package devtokens

import (
	"net/http"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

// path is where the door is.
const path = "/devtokens"

// family is whose tokens are handled here.
const family = token.Developer

// Door serves developer tokens.
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
	door.On(http.MethodDelete, path, (*Door).revokeSelected),
	door.On(http.MethodPost, path+"/revoke", (*Door).revokeMany),
	door.On(http.MethodPost, path+"/prune", (*Door).prune),
	door.Minting(http.MethodPost, path+"/import", (*Door).importFile),
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
	endpoint, names, err := door.Find(endpoints, r, door.NoSuchPath("Not found", "There is nothing at this path. Developer tokens are at "+path+"."))
	if err != nil {
		return err
	}
	principal, reason := door.Bearer(d.service, r.Header)
	if reason != "" {
		return door.Unauthenticated(reason, "Unauthorized",
			`Send an admin key in one header: "Authorization: Bearer <key>". Developer tokens cannot manage developer tokens.`)
	}
	caller := issuer.Caller{Principal: principal, ClientIP: clientIP, RequestID: requestID}
	return endpoint.Answer(d.service, d, &door.Call{Request: r, Writer: w, Caller: caller, Names: names})
}
