package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// neighbours are what others keep in the same Redis, some under names near ours.
var neighbours = [][]any{
	{"SET", "app:session", "alice"},
	{"HSET", "sekisho", "field", "value"},
	{"RPUSH", "devtokens", "jt_a", "jt_b"},
	{"ZADD", "{sekisho}:revoked", "1", "jt_a"},
	{"XADD", "sekisho2:feed", "1-1", "id", "jt_a"},
	{"SADD", "staging:sekisho:tokens", "jt_a"},
}

func TestAPurgeTakesBackEveryDeveloperTokenAndNothingElseInRedis(t *testing.T) {
	redis, gate := gateOnRedis(t)
	for _, command := range neighbours {
		do(t, redis, command...)
	}
	before := others(t, redis)
	if len(before) != len(neighbours) {
		t.Fatalf("got %d neighbours: %v", len(before), before)
	}
	const foreign = 70 // more than the door takes back by id in one call
	file := filepath.Join(t.TempDir(), "dev_tokens.json")
	if err := os.WriteFile(file, nobodysTokens(t, foreign), 0o600); err != nil {
		t.Fatal(err)
	}
	sekisho(t, gate, "devtoken", "import", file)
	sekisho(t, gate, "devtoken", "create", "of this system")
	user := sekisho(t, gate, "usertoken", "create", "--user", "alice", "--scopes", "read", "--minutes", "60")
	user = user[:strings.LastIndex(user, "_")]

	var done struct{ Revoked int }
	if err := json.Unmarshal([]byte(sekisho(t, gate, "devtoken", "purge", "--all", "--confirm", "developer", "--json")), &done); err != nil {
		t.Fatal(err)
	}
	if done.Revoked != foreign+1 {
		t.Errorf("revoked: %d", done.Revoked)
	}
	if left := sekisho(t, gate, "devtoken", "list", "--status", "active", "--json"); strings.TrimSpace(left) != "[]" {
		t.Errorf("still active: %s", left)
	}
	if info := sekisho(t, gate, "usertoken", "info", user, "--json"); !strings.Contains(info, `"status": "active"`) {
		t.Errorf("a token of another family: %s", info)
	}
	after := others(t, redis)
	for key, value := range before {
		if after[key] != value {
			t.Errorf("%s is not what it was", key)
		}
	}
	if len(after) != len(before) {
		t.Errorf("keys that are not ours: %v", after)
	}
}

// gateOnRedis starts a gate whose store is a redis-server of its own.
func gateOnRedis(t *testing.T) (*testrig.Redis, *testrig.Gate) {
	t.Helper()
	binary, err := testrig.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var addresses [3]string
	for i := range addresses {
		if addresses[i], err = testrig.FreeAddress(); err != nil {
			t.Fatal(err)
		}
	}
	redis, err := testrig.StartRedis(t.Context(), addresses[0], t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Kill() })
	admin, tokens, dir := addresses[1], addresses[2], t.TempDir()
	text := fmt.Sprintf(caddyfile, admin, filepath.Join(dir, "storage"), tokens)
	gate, err := testrig.StartGate(t.Context(), testrig.GateConfig{
		Path: binary, Dir: dir, Admin: admin, Ready: "http://" + tokens + "/.well-known/jwks.json",
		Caddyfile: strings.Replace(text, "sekisho {", "sekisho {\n\t\tstore redis://"+addresses[0], 1),
		Env:       []string{"SEKISHO_ADMIN_KEY=an-admin-key-of-this-test-alone", "MINT_KEY=another-key-of-this-test-alone"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gate.Kill() })
	return redis, gate
}

// sekisho runs a command at the gate and gives its standard output.
func sekisho(t *testing.T, gate *testrig.Gate, args ...string) string {
	t.Helper()
	out, err := gate.Run(t.Context(), append(args, "--address", gate.Admin())...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func do(t *testing.T, redis *testrig.Redis, command ...any) string {
	t.Helper()
	reply, err := redis.Do(t.Context(), command...)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// others are the keys that do not begin with our prefix, with what they hold.
func others(t *testing.T, redis *testrig.Redis) map[string]string {
	t.Helper()
	found := map[string]string{}
	for key := range strings.FieldsSeq(strings.Trim(do(t, redis, "KEYS", "*"), "[]")) {
		if !strings.HasPrefix(strings.TrimPrefix(key, "{"), "sekisho:") {
			found[key] = do(t, redis, "DUMP", key)
		}
	}
	return found
}

// nobodysTokens is a dev_tokens.json that does not say who made the tokens.
func nobodysTokens(t *testing.T, count int) []byte {
	t.Helper()
	entries := map[string]any{}
	for i := range count {
		entries[fmt.Sprintf("jt_%016d", i)] = map[string]any{
			"token": fmt.Sprintf("jt_an-old-token-of-JiETNG-0123456789-%08d", i), "note": "old",
			"created_at": "2025-01-24 12:00:00", "created_by": "", "last_used": nil, "revoked": false,
		}
	}
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
