package caddymodule

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/token"
)

func TestPlaceholdersNameTheTokenAndNobodyElse(t *testing.T) {
	grant := &token.Grant{ID: "abc", Family: token.Database, Organization: "my-org", Access: token.ReadOnly}
	for name, say := range map[string]func(*testing.T, *caddy.Replacer){
		"before the handler": func(t *testing.T, repl *caddy.Replacer) {
			setPlaceholders(httptest.NewRequestWithContext(context.WithValue(t.Context(), caddy.ReplacerCtxKey, repl), "GET", "/", nil), grant)
		},
		"while others are at work": func(t *testing.T, repl *caddy.Replacer) {
			setPlaceholdersLate(httptest.NewRequestWithContext(context.WithValue(t.Context(), caddy.ReplacerCtxKey, repl), "GET", "/", nil), grant)
		},
	} {
		t.Run(name, func(t *testing.T) {
			repl := caddy.NewReplacer()
			repl.Set("http.auth.user.id", "somebody else")
			say(t, repl)
			const text = "{http.auth.user.id} {http.auth.user.family} {http.auth.user.organization} {http.auth.user.access} {http.auth.user.note}"
			if got, want := repl.ReplaceKnown(text, "-"), "abc database my-org read-only {http.auth.user.note}"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
