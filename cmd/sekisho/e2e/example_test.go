package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

var environmentPlaceholder = regexp.MustCompile(`\{env\.(\w+)\}`)

// exampleEnv gives a value to every variable that the example asks for.
func exampleEnv(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(examplePath(t))
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, match := range environmentPlaceholder.FindAllStringSubmatch(string(text), -1) {
		env = append(env, match[1]+"="+rand.Text())
	}
	return env
}

func examplePath(t *testing.T) string {
	t.Helper()
	root, err := testrig.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "Caddyfile.example")
}

// sekisho runs a sub-command of the binary in a home directory of its own.
func sekisho(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
	cmd.Env = append(cmd.Env, exampleEnv(t)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("sekisho %v: %v\n%s", args, err, stderr.String())
	}
	return stdout.Bytes()
}

func TestExampleCaddyfileIsFormatted(t *testing.T) {
	text, err := os.ReadFile(examplePath(t))
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	sekisho(t, "fmt", "--overwrite", copied)
	if formatted, err := os.ReadFile(copied); err != nil || string(formatted) != string(text) {
		t.Errorf("caddy fmt writes it as\n%s\n(%v)", formatted, err)
	}
}

func TestExampleCaddyfileIsValid(t *testing.T) {
	sekisho(t, "validate", "--config", examplePath(t), "--adapter", "caddyfile")
}

// The example names public hosts. Here it listens on loopback, without TLS.
func TestExampleCaddyfileRuns(t *testing.T) {
	var config map[string]any
	if err := json.Unmarshal(sekisho(t, "adapt", "--config", examplePath(t), "--adapter", "caddyfile"), &config); err != nil {
		t.Fatal(err)
	}
	apps := config["apps"].(map[string]any)
	delete(apps, "tls")
	var listeners []string
	for _, server := range apps["http"].(map[string]any)["servers"].(map[string]any) {
		at := address(t)
		listeners = append(listeners, at)
		server := server.(map[string]any)
		server["listen"] = []string{at}
		server["automatic_https"] = map[string]bool{"disable": true}
		delete(server, "tls_connection_policies")
	}
	admin := address(t)
	config["admin"] = map[string]any{"listen": admin, "config": map[string]bool{"persist": false}}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := testrig.StartGate(t.Context(), testrig.GateConfig{
		Path: binary, Dir: t.TempDir(), Caddyfile: string(text), JSON: true, Admin: admin,
		Ready: "http://" + admin + "/config/", Env: exampleEnv(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gate.Stop() })
	eventually(t, "public keys at one of the hosts", startUp, http.StatusOK, func(ctx context.Context) (answer, error) {
		return jwks(ctx, listeners, hosts(config))
	})
}

// jwks asks for the public keys until one of the hosts has them.
func jwks(ctx context.Context, listeners, names []string) (answer, error) {
	var a answer
	var err error
	for _, listener := range listeners {
		for _, name := range names {
			a, err = call(ctx, http.MethodGet, "http://"+listener+"/.well-known/jwks.json", "", "", host(name))
			if err == nil && a.status == http.StatusOK {
				return a, nil
			}
		}
	}
	return a, err
}

// hosts lists every host that some matcher in a configuration names.
func hosts(config any) []string {
	var names []string
	switch v := config.(type) {
	case map[string]any:
		for key, value := range v {
			if list, ok := value.([]any); ok && key == "host" {
				for _, name := range list {
					names = append(names, name.(string))
				}
			}
			names = append(names, hosts(value)...)
		}
	case []any:
		for _, value := range v {
			names = append(names, hosts(value)...)
		}
	}
	return names
}
