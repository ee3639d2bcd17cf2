package caddymodule

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// What the Caddyfile's parser refuses can still come as JSON.
func TestWhatJSONMayNotSay(t *testing.T) {
	for config, want := range map[string]string{
		`{"max_staleness":-1}`:                        "max_staleness takes more than 0",
		`{"store":{"wait_replicas":1}}`:               "the embedded store has no replicas",
		`{"token_cache":{"entries":-1}}`:              "token_cache",
		`{"developer_tokens":{"prefix":"Not a one"}}`: "prefix",
	} {
		var app map[string]any
		if err := json.Unmarshal([]byte(config), &app); err != nil {
			t.Fatal(err)
		}
		app["admin_keys"] = []any{map[string]any{"name": "ops", "secret": "{env.SEKISHO_TEST_ADMIN_KEY}"}}
		text, err := json.Marshal(map[string]any{"admin": map[string]any{"disabled": true}, "apps": map[string]any{"sekisho": app}})
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("SEKISHO_TEST_ADMIN_KEY", adminKey)
		if err := caddy.Validate(mustConfig(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", config, err)
		}
	}
}

func mustConfig(t *testing.T, text []byte) *caddy.Config {
	t.Helper()
	config := new(caddy.Config)
	if err := json.Unmarshal(text, config); err != nil {
		t.Fatal(err)
	}
	return config
}
