package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Upstream decides for one kind of server behind the gate. Guest modules in the
// namespace `sekisho.upstreams` implement it.
type Upstream interface {
	// Guard answers the request itself, refuses it with an error, or hands it to
	// pass, with the grant that lets it through. The reason is what the metrics count.
	Guard(w http.ResponseWriter, r *http.Request, pass Pass) (refusal.Reason, error)
}

// Pass sends a checked request on.
type Pass func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error

// upstreamModules is the namespace of the modules that implement [Upstream].
const upstreamModules = "sekisho.upstreams"

func upstreamKinds() []string {
	var kinds []string
	for _, m := range caddy.GetModules(upstreamModules) {
		kinds = append(kinds, m.ID.Name())
	}
	return kinds
}
