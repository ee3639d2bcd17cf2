// Package caddymodule is Sekisho's Caddy face and nothing else: the app, the two
// handlers, their Caddyfile syntax, the admin routes, the commands and the
// metrics. It holds no rule of its own; everything that decides stands in
// issuer, verifier and revocation, which do not know Caddy.
//
// Where a new line belongs:
//   - an option: its field in app.go, config.go, store.go or the handler; its syntax in the caddyfile_*.go of that; what it is turned into in provision.go
//   - a kind of upstream: upstream_<kind>.go, a module that implements [Upstream], and caddyfile_<kind>.go
//   - a metric: metrics.go
//   - a door: the table in doors.go
//   - an admin route: the table in admin.go
//   - work that goes on while a configuration runs: maintenance.go; while a store is open: shared.go
package caddymodule
