package caddymodule

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// storedKey writes the key that a ring in the directory of Caddy's storage has into a
// file of its own.
func storedKey(t *testing.T, directory, ring string) (file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(directory, "sekisho", "keys", ring+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(text, &stored); err != nil || len(stored.Keys) != 1 {
		t.Fatalf("%d keys, %v", len(stored.Keys), err)
	}
	file = filepath.Join(t.TempDir(), ring+".pem")
	if err := os.WriteFile(file, []byte(stored.Keys[0]["private_key"].(string)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// onStorage loads a gate with a storage of its own, and gives what it logs.
func onStorage(t *testing.T, directory, options string) (base, log string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "caddy.log")
	text := global("store embedded "+filepath.Join(directory, "store")+"\n"+options) + site("127.0.0.1:1")
	base = load(t, strings.Replace(text, "auto_https off", "auto_https off\nstorage file_system "+directory+"\nlog {\noutput file "+file+"\n}", 1))
	lines, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return base, string(lines)
}

func TestAKeyInCaddysStorageMayNotDoTheOtherJobInTheConfiguration(t *testing.T) {
	directory := t.TempDir()
	onStorage(t, directory, "")
	signing, upstream := storedKey(t, directory, "signing"), storedKey(t, directory, "upstream")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string]string{
		"the upstream key signs for clients":      "signing_key {file." + upstream + "}",
		"it is kept for tokens that it signed":    "signing_key {file." + keyFile(t) + "} {file." + upstream + "}",
		"the key of clients signs for the server": "upstream_key {file." + signing + "}",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(global(option), "auto_https off", "auto_https off\nstorage file_system "+directory, 1)
			err := tryLoad(text + site("127.0.0.1:1"))
			if err == nil {
				_ = caddy.Stop()
				t.Fatal("it loaded")
			}
			if !strings.Contains(err.Error(), "one key is to sign") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhoeverLeavesAKeyBehindInCaddysStorageIsToldWhatThatEnds(t *testing.T) {
	const warning = "the tokens that they signed are refused"
	directory := t.TempDir()
	onStorage(t, directory, "")
	option := "signing_key {file." + keyFile(t) + "}"
	if _, log := onStorage(t, directory, option); strings.Contains(log, warning) {
		t.Errorf("that key has signed nothing: %s", log)
	}
	base, _ := onStorage(t, directory, "")
	jwt, _ := mint(t, base, "expiration=1h")
	for name, c := range map[string]struct {
		option string
		warned bool
	}{
		"left behind": {option, true},
		"named too":   {option + "\nsigning_key {file." + storedKey(t, directory, "signing") + "}", false},
	} {
		base, log := onStorage(t, directory, c.option)
		response, _ := call(t, "POST", base+"/v2/pipeline", jwt, pipeline)
		if strings.Contains(log, warning) != c.warned || (response.StatusCode == 401) != c.warned {
			t.Errorf("%s: the token: %d, the log: %s", name, response.StatusCode, log)
		}
	}
}
