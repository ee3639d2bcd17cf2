package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCaddyVersionIsTheOneInGoMod(t *testing.T) {
	b, err := readBuild("../../xcaddy.toml")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", "github.com/caddyserver/caddy/v2").Output()
	if err != nil {
		t.Fatalf("asking go for Caddy's version: %v", err)
	}
	if got := strings.TrimSpace(string(out)); got != b.CaddyVersion {
		t.Errorf("xcaddy.toml builds Caddy %s, go.mod has %s", b.CaddyVersion, got)
	}
}

func TestReadBuildRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"an unknown key":            "caddy_version = \"v2\"\nplugins = [{module_path = \"m\"}]\ncaddy = \"v2\"",
		"an unknown key in a table": "caddy_version = \"v2\"\nplugins = [{module_path = \"m\", path = \"p\"}]",
		"a value of another type":   "caddy_version = 2",
		"no Caddy version":          "plugins = [{module_path = \"m\"}]",
		"no plugin":                 "caddy_version = \"v2\"",
		"text that is not TOML":     "caddy_version: v2",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "xcaddy.toml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if b, err := readBuild(file); err == nil {
				t.Errorf("read as %+v", b)
			}
		})
	}
}

func TestArgumentsAndEnvironmentSayTheSameAsTheFile(t *testing.T) {
	t.Setenv("GOPRIVATE", "corp.example")
	t.Setenv("GOVCS", "")
	b := &build{
		CaddyVersion: "v2.1.0",
		Plugins:      []plugin{{Module: "m/plugin"}, {Module: "other", Version: "v1.2.3"}},
		Replacements: []replacement{{Old: "m@v1", New: "."}},
		BuildFlags:   "-trimpath",
	}
	wantArgs := []string{"build", "v2.1.0", "--output", "out", "--with", "m/plugin", "--with", "other@v1.2.3", "--replace", "m@v1=."}
	if got := b.arguments("out"); !slices.Equal(got, wantArgs) {
		t.Errorf("arguments %q, want %q", got, wantArgs)
	}
	wantEnv := []string{"GOPRIVATE=m,corp.example", "GOVCS=m:off", "XCADDY_GO_BUILD_FLAGS=-trimpath"}
	if got := b.environment(); !slices.Equal(got, wantEnv) {
		t.Errorf("environment %q, want %q", got, wantEnv)
	}
}
