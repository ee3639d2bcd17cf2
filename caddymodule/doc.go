// Package caddymodule is Sekisho's Caddy face and nothing else: the app, the two
// handlers, their Caddyfile syntax, the admin routes, the commands and the
// metrics. It holds no rule of its own; everything that decides stands in
// issuer, verifier and revocation, which do not know Caddy.
package caddymodule
