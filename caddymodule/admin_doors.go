package caddymodule

import (
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func init() {
	caddy.RegisterModule(adminDoors{})
}

// adminDoors is the way of the commands to the doors, through Caddy's admin
// endpoint and as protected as that: whoever may replace the configuration there
// could give themselves an admin key anyway.
type adminDoors struct{}

// doorsPrefix stands before the path of a door.
const doorsPrefix = "/sekisho/doors"

// CaddyModule returns the Caddy module information.
func (adminDoors) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.sekisho_doors",
		New: func() caddy.Module { return new(adminDoors) },
	}
}

// Routes implements [caddy.AdminRouter].
func (*adminDoors) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: doorsPrefix + "/", Handler: caddy.AdminHandlerFunc(serveLocally)}}
}

// serveLocally hands a request to its door with the key of this process, in the
// place of any credential that it came with.
func serveLocally(w http.ResponseWriter, r *http.Request) error {
	s, err := runningServices()
	if err != nil {
		return err
	}
	http.StripPrefix(doorsPrefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		index, owned := doorOf(r)
		if !owned {
			http.NotFound(w, r)
			return
		}
		r.Header.Del("X-API-Key")
		r.Header.Set("Authorization", "Bearer "+s.localKey)
		if err := s.doors[index].Handle(w, r, id, ""); err != nil {
			logLocal(s.log, id, err)
			refusal.WriteFor(w, id, r.Header.Get("Accept-Language"), err)
		}
	})).ServeHTTP(w, r)
	return nil
}

// logLocal keeps the cause of what is not the client's fault.
func logLocal(log *slog.Logger, id string, err error) {
	if refused := refusal.From(err); refused.Status >= http.StatusInternalServerError {
		log.Error("request refused", "reason", refused.Reason, "request_id", id, "error", refused.Cause)
	}
}

// localName is what the audit log calls whoever came through the admin endpoint.
const localName = "local"

// newLocalKey draws a key that never leaves the process.
func newLocalKey() string { return rand.Text() + rand.Text() }

// Interface guard
var _ caddy.AdminRouter = (*adminDoors)(nil)
