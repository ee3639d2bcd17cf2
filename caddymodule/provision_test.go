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

func TestASizeBelowNothingIsRefusedWithoutAStart(t *testing.T) {
	config := mustConfig(t, []byte(`{"admin":{"disabled":true},"apps":{
		"sekisho":{"admin_keys":[{"name":"ops","secret":"{env.SEKISHO_TEST_ADMIN_KEY}"}],"organizations":[{"name":"o","groups":[{"name":"g","databases":["d"]}]}]},
		"http":{"servers":{"s":{"listen":["127.0.0.1:0"],"routes":[{"handle":[
			{"handler":"require_token","upstream":{"kind":"libsql","organization":"o","database":"d","max_body":-1}}]}]}}}}}`))
	t.Setenv("SEKISHO_TEST_ADMIN_KEY", adminKey)
	if err := caddy.Validate(config); err == nil || !strings.Contains(err.Error(), "max_body takes more than 0") {
		t.Errorf("got %v", err)
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
