package caddymodule

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// startTime is more than a start takes, also while the store is away.
const startTime = 10 * time.Second

// started waits for what the app's start sets, at most startTime; nil if it does not
// come. Caddy starts apps in any order, and a configuration that listens already takes
// its share of the connections while another still runs.
func started[T any](r *http.Request, app *App, set *atomic.Pointer[T]) *T {
	if value := set.Load(); value != nil {
		return value
	}
	timeout := time.NewTimer(startTime)
	defer timeout.Stop()
	select {
	case <-app.started:
	case <-app.ctx.Done():
	case <-r.Context().Done():
	case <-timeout.C:
	}
	return set.Load()
}

// errStarting answers where the app is not up in time.
var errStarting = &refusal.Refusal{
	Status: http.StatusServiceUnavailable, Title: "Service unavailable", Code: refusal.NotReady, Reason: refusal.Unready,
	Message: "The server is starting; try again.", RetryAfter: time.Second,
}
