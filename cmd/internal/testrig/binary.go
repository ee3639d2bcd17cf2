package testrig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Binary gives the path of our own binary: $SEKISHO_BIN, or else bin/sekisho,
// which make builds now.
func Binary(ctx context.Context) (string, error) {
	if path := os.Getenv("SEKISHO_BIN"); path != "" {
		return path, nil
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	// Test processes of several packages may come here at once.
	lock := flock.New(filepath.Join(os.TempDir(), "sekisho-build.lock"))
	if err := lock.Lock(); err != nil {
		return "", fmt.Errorf("building the binary: %w", err)
	}
	defer lock.Unlock()
	if out, err := exec.CommandContext(ctx, "make", "-C", root, "build").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the binary: %w\n%s", err, out)
	}
	return filepath.Join(root, "bin", "sekisho"), nil
}
