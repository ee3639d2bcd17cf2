package caddymodule

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// strayKey reports whether a request that is for no door carries an admin key, in one
// of the ways in which doors take it. After a mistake in a path, the key would go to
// whatever stands behind.
func strayKey(keys *issuer.AdminKeys, r *http.Request) bool {
	for _, value := range r.Header["Authorization"] {
		scheme, secret, _ := strings.Cut(value, " ")
		if strings.EqualFold(scheme, "Bearer") && keys.Holds(secret) || strings.EqualFold(scheme, "Basic") && keys.Holds(basicSecret(r)) {
			return true
		}
	}
	for _, secret := range r.Header["X-Api-Key"] {
		if keys.Holds(secret) {
			return true
		}
	}
	return false
}

// basicSecret is the form-encoded secret of an OAuth client (RFC 6749, section 2.3.1).
func basicSecret(r *http.Request) string {
	_, encoded, _ := r.BasicAuth()
	secret, err := url.QueryUnescape(encoded)
	if err != nil {
		return ""
	}
	return secret
}

var errNoDoor = &refusal.Refusal{
	Status: http.StatusNotFound, Title: "Not found", Code: refusal.NotFound, Reason: refusal.Route,
	Message: "There is no door at this path, and an admin key is not passed on to what stands behind. Doors are at " + strings.Join(doorRoots(), ", ") + ".",
}
