package caddymodule

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestSecretsAreNamedNotWrittenOut(t *testing.T) {
	t.Setenv("A_SECRET", "from the environment")
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for placeholder, want := range map[string]string{
		"{env.A_SECRET}":      "from the environment",
		"{file." + file + "}": "from a file",
	} {
		if got, err := expandSecret(placeholder); err != nil || got != want {
			t.Errorf("%s: got %q, %v", placeholder, got, err)
		}
	}
	for _, literal := range []string{"", "literal", "x{env.A_SECRET}", "{env.A_SECRET}x", "{http.request.host}", "{$A_SECRET}"} {
		if _, err := expandSecret(literal); !errors.Is(err, errLiteralSecret) {
			t.Errorf("%q: got %v", literal, err)
		}
	}
	for _, missing := range []string{"{env.NOBODY_SET_THIS}", "{file.does-not-exist}"} {
		if _, err := expandSecret(missing); err == nil || errors.Is(err, errLiteralSecret) {
			t.Errorf("%s: got %v", missing, err)
		}
	}
}
