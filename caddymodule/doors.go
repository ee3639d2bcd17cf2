package caddymodule

import (
	"net/http"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/devtokens"
	"github.com/sekisho-project/sekisho/issuer/oauth"
	"github.com/sekisho-project/sekisho/issuer/turso"
	"github.com/sekisho-project/sekisho/issuer/usertokens"
)

// door is one wire shape in which tokens are issued. It answers a request that it
// owns; an error is a refusal, and then nothing was written yet.
type door interface {
	Handle(w http.ResponseWriter, r *http.Request, requestID, clientIP string) error
}

// doors are all shapes there are; no two own the same path.
var doors = []struct {
	owns  func(*http.Request) bool
	open  func(service *issuer.Service, a *App) door
	roots []string // as a caller with a mistake in a path is told
}{
	{
		turso.Owns, func(s *issuer.Service, a *App) door { return turso.New(s, a.DatabaseHost) },
		[]string{"/v1/organizations", "/v1/databases", "/v1/groups"},
	},
	{devtokens.Owns, func(s *issuer.Service, _ *App) door { return devtokens.New(s) }, []string{"/devtokens"}},
	{usertokens.Owns, func(s *issuer.Service, _ *App) door { return usertokens.New(s) }, []string{"/api/tokens"}},
	{oauth.Owns, func(s *issuer.Service, _ *App) door { return oauth.New(s) }, []string{"/oauth/revoke", "/oauth/introspect"}},
}

// doorOf finds the door of a request; ok is false when none owns it.
func doorOf(r *http.Request) (index int, ok bool) {
	for i, d := range doors {
		if d.owns(r) {
			return i, true
		}
	}
	return 0, false
}

// doorRoots are where the doors are.
func doorRoots() (roots []string) {
	for _, d := range doors {
		roots = append(roots, d.roots...)
	}
	return roots
}
