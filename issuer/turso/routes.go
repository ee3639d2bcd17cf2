package turso

import (
	"net/http"
	"slices"

	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

// releasesPath is where Turso's command line asks for its newest version.
const releasesPath = "/releases/latest"

// endpoints are all that there are. A path without an organization means the
// only one: the command line leaves it out until the user has chosen one.
var endpoints = slices.Concat(
	[]door.Endpoint[*Door]{
		public(door.On(http.MethodGet, releasesPath, (*Door).releases)),
		door.On(http.MethodGet, "/v1/auth/validate", (*Door).validate),
		door.On(http.MethodGet, "/v1/auth/api-tokens/validate", (*Door).validate),
		door.On(http.MethodGet, "/v1/organizations", (*Door).organizationsV1),
		door.On(http.MethodGet, "/v2/organizations", (*Door).organizations),
		door.On(http.MethodGet, "/v1/organizations//audit-logs", (*Door).audit), // so asks the command line until one is chosen
	},
	within("/v1"),
	within("/v1/organizations/{organization}"),
)

func within(base string) []door.Endpoint[*Door] {
	return []door.Endpoint[*Door]{
		door.On(http.MethodGet, base+"/databases", (*Door).databases),
		door.On(http.MethodGet, base+"/databases/{database}", (*Door).database),
		door.On(http.MethodGet, base+"/databases/{database}/configuration", (*Door).configuration),
		door.On(http.MethodGet, base+"/databases/{database}/usage", (*Door).usage),
		door.On(http.MethodGet, base+"/databases/{database}/instances", (*Door).instances),
		door.Minting(http.MethodPost, base+"/databases/{database}/auth/tokens", (*Door).mint),
		door.On(http.MethodGet, base+"/databases/{database}/auth/tokens", (*Door).list),
		door.On(http.MethodDelete, base+"/databases/{database}/auth/tokens/{id}", (*Door).revoke),
		door.On(http.MethodPost, base+"/databases/{database}/auth/rotate", (*Door).rotate),

		door.On(http.MethodGet, base+"/audit-logs", (*Door).audit),

		door.On(http.MethodGet, base+"/groups", (*Door).groups),
		door.On(http.MethodGet, base+"/groups/{group}", (*Door).group),
		door.On(http.MethodGet, base+"/groups/{group}/configuration", (*Door).groupConfiguration),
		door.Minting(http.MethodPost, base+"/groups/{group}/auth/tokens", (*Door).mint),
		door.On(http.MethodGet, base+"/groups/{group}/auth/tokens", (*Door).list),
		door.On(http.MethodDelete, base+"/groups/{group}/auth/tokens/{id}", (*Door).revoke),
		door.On(http.MethodPost, base+"/groups/{group}/auth/rotate", (*Door).rotate),
	}
}

func public(e door.Endpoint[*Door]) door.Endpoint[*Door] {
	e.Public = true
	return e
}
