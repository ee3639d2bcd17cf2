package turso

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
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

// Handle answers a request that the door [Owns]. An error is a refusal: nothing
// was written yet.
func (d *Door) Handle(w http.ResponseWriter, r *http.Request, requestID, clientIP string) error {
	endpoint, names, err := door.Find(endpoints, r, door.NoSuchPath("not found", "This part of the Turso API is not served here."))
	if err != nil {
		return err
	}
	call := &door.Call{Request: r, Writer: w, Names: names}
	if !endpoint.Public {
		principal, reason := door.Bearer(d.service, r.Header)
		if reason != "" {
			return door.Unauthenticated(reason, "Invalid or expired auth token",
				`Send an admin key in one header: "Authorization: Bearer <key>". Tokens that were minted here cannot mint.`)
		}
		call.Caller = issuer.Caller{Principal: principal, ClientIP: clientIP, RequestID: requestID}
	}
	return endpoint.Answer(d.service, d, call)
}

// owned are the first words of the platform API after its version. A libSQL
// server has none of them, so that both can be served by one host.
var owned = []string{"audit-logs", "auth", "current-user", "databases", "groups", "locations", "organizations", "user"}

// Routes lists all that the door answers, such as "GET /things/{id}".
func Routes() []string { return door.Routes(endpoints) }

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
