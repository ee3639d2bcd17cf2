package devtokens

import (
	"net/http"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// path is where the door is.
const path = "/devtokens"

// family is whose tokens are handled here.
const family = token.Developer

// Door serves developer tokens.
type Door struct {
	service *issuer.Service
}

// New makes a door.
func New(service *issuer.Service) *Door { return &Door{service} }

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
// was written yet, and [refusal.Write] is the answer.
func (d *Door) Handle(w http.ResponseWriter, r *http.Request, requestID, clientIP string) error {
	endpoint, names, err := door.Find(endpoints, r, noSuchPath())
	if err != nil {
		return err
	}
	principal, reason := door.Bearer(d.service, r.Header)
	if reason != "" {
		return unauthenticated(reason)
	}
	caller := issuer.Caller{Principal: principal, ClientIP: clientIP, RequestID: requestID}
	return endpoint.Answer(d.service, d, &door.Call{Request: r, Writer: w, Caller: caller, Names: names})
}

// unauthenticated is the same answer for every cause; only the log tells them apart.
func unauthenticated(reason refusal.Reason) error {
	return &refusal.Refusal{
		Status: http.StatusUnauthorized, Title: "Unauthorized", Code: refusal.AdminKeyInvalid, Reason: reason,
		Message:   `Send an admin key in one header: "Authorization: Bearer <key>". Developer tokens cannot manage developer tokens.`,
		Challenge: `Bearer realm="sekisho"`,
	}
}

func noSuchPath() error {
	return &refusal.Refusal{
		Status: http.StatusNotFound, Title: "Not found", Code: refusal.NotFound, Reason: refusal.Route,
		Message: "There is nothing at this path. Developer tokens are at " + path + ".",
	}
}
