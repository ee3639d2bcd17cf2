package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/caddymodule/cli"
	"github.com/sekisho-project/sekisho/issuer/keyring"
)

func init() {
	caddy.RegisterModule(adminAPI{})
}

// adminAPI is what the commands talk to. It is as protected as the rest of
// Caddy's admin endpoint, and it looks the app up at each request, because admin
// routes outlive the configuration that they were made for.
type adminAPI struct{}

// CaddyModule returns the Caddy module information.
func (adminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.sekisho",
		New: func() caddy.Module { return new(adminAPI) },
	}
}

// Routes implements [caddy.AdminRouter].
func (a *adminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{
		{Pattern: "GET /sekisho/keys", Handler: caddy.AdminHandlerFunc(a.listKeys)},
		{Pattern: "POST /sekisho/keys/rotate", Handler: caddy.AdminHandlerFunc(a.rotateKeys)},
		{Pattern: "GET /sekisho/keys/export", Handler: caddy.AdminHandlerFunc(a.exportKeys)},
	}
}

// keyList is the reply to listKeys.
type keyList struct {
	Signing  []keyring.KeyInfo `json:"signing"`
	Upstream []keyring.KeyInfo `json:"upstream"`
}

func (a *adminAPI) listKeys(w http.ResponseWriter, _ *http.Request) error {
	s, err := runningServices()
	if err != nil {
		return err
	}
	return writeJSON(w, keyList{Signing: s.signing.List(), Upstream: s.upstream.List()})
}

// rotateRequest is the body of rotateKeys.
type rotateRequest struct {
	Upstream bool `json:"upstream"`
	Now      bool `json:"now"`
	DropOld  bool `json:"drop_old"`
}

func (a *adminAPI) rotateKeys(w http.ResponseWriter, r *http.Request) error {
	s, err := runningServices()
	if err != nil {
		return err
	}
	var request rotateRequest
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return caddy.APIError{HTTPStatus: http.StatusBadRequest, Err: fmt.Errorf("reading request: %w", err)}
	}
	info, err := s.ring(request.Upstream).Rotate(r.Context(), keyring.RotateOptions{Now: request.Now, DropOld: request.DropOld})
	if errors.Is(err, keyring.ErrStatic) {
		return caddy.APIError{HTTPStatus: http.StatusConflict, Err: err}
	}
	if err != nil {
		return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	return writeJSON(w, info)
}

// exportKeys writes public keys only, as PEM.
func (a *adminAPI) exportKeys(w http.ResponseWriter, r *http.Request) error {
	s, err := runningServices()
	if err != nil {
		return err
	}
	ring := s.ring(r.URL.Query().Get("ring") == keyring.Upstream)
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, err = w.Write(ring.PublicPEM())
	return err
}

func (s *services) ring(upstream bool) *keyring.Ring {
	if upstream {
		return s.upstream.Ring
	}
	return s.signing
}

// runningServices finds the services of the configuration that runs now.
func runningServices() (*services, error) {
	app, err := caddy.ActiveContext().AppIfConfigured("sekisho")
	if err != nil {
		return nil, caddy.APIError{HTTPStatus: http.StatusNotFound, Err: cli.ErrNoOption}
	}
	if s := app.(*App).services.Load(); s != nil {
		return s, nil
	}
	return nil, caddy.APIError{HTTPStatus: http.StatusServiceUnavailable, Err: cli.ErrStarting}
}

func writeJSON(w http.ResponseWriter, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(value)
}

// Interface guards
var _ caddy.AdminRouter = (*adminAPI)(nil)
