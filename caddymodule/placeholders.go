package caddymodule

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/token"
)

// identityPrefix begins the names by which the rest of Caddy is told whose request
// this is: the access log prints the id as user_id.
const identityPrefix = "http.auth.user."

var placeholders = map[string]func(*token.Grant) string{
	"id":           func(g *token.Grant) string { return g.ID },
	"family":       func(g *token.Grant) string { return string(g.Family) },
	"organization": func(g *token.Grant) string { return g.Organization },
	"access":       func(g *token.Grant) string { return string(g.Access) },
}

// setPlaceholders makes the placeholders of a request, which cost nothing until they
// are read. What another handler said before holds no longer.
func setPlaceholders(r *http.Request, grant *token.Grant) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok || grant == nil {
		return
	}
	repl.DeleteByPrefix(identityPrefix)
	repl.Map(func(key string) (any, bool) {
		name, ours := strings.CutPrefix(key, identityPrefix)
		if !ours {
			return nil, false
		}
		value, known := placeholders[name]
		if !known {
			return nil, false
		}
		return value(grant), true
	})
}

// setPlaceholdersLate does the same for a request that other goroutines are at work on.
func setPlaceholdersLate(r *http.Request, grant *token.Grant) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return
	}
	for name, value := range placeholders {
		repl.Set(identityPrefix+name, value(grant))
	}
}
