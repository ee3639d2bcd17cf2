package caddymodule

import (
	"context"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"
)

func TestARequestWaitsForTheStartAndForNoLonger(t *testing.T) {
	const moment = time.Second
	for name, test := range map[string]struct {
		happens func(app *App, set func(), leave func(), fail func()) // after a moment
		served  bool
		waits   time.Duration
	}{
		"it starts":         {func(app *App, set, _, _ func()) { set(); close(app.started) }, true, moment},
		"it does not":       {func(*App, func(), func(), func()) {}, false, startTime},
		"it fails":          {func(_ *App, _, _, fail func()) { fail() }, false, moment},
		"the client leaves": {func(_ *App, _, leave, _ func()) { leave() }, false, moment},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				running, fail := context.WithCancel(t.Context())
				client, leave := context.WithCancel(t.Context())
				defer fail()
				defer leave()
				app := &App{ctx: caddy.Context{Context: running}, started: make(chan struct{})}
				var gate atomic.Pointer[string]
				time.AfterFunc(moment, func() { test.happens(app, func() { gate.Store(new(string)) }, leave, fail) })
				began := time.Now()
				got := started(httptest.NewRequestWithContext(client, "GET", "/", nil), app, &gate)
				if waited := time.Since(began); (got != nil) != test.served || waited != test.waits {
					t.Errorf("served: %v, after %s", got != nil, waited)
				}
			})
		})
	}
}
