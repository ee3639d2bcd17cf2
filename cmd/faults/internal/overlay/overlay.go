// Package overlay builds gates that differ from the real one in a few lines, and
// leaves the source as it is.
package overlay

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// tags are those of `make build`, with which the packages share one build cache.
const tags = "nobadger,nomysql,nopgx"

// Edit replaces the one place where a text stands in a file.
type Edit struct {
	File     string // from the root of the repository, or absolute
	Old, New string // an empty Old stands for a file that is not there yet
}

// apply gives the absolute path of the file and its text after the edit.
func (e Edit) apply(root string) (path, text string, err error) {
	path = e.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	if e.Old == "" {
		return path, e.New, nil
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	if n := strings.Count(string(source), e.Old); n != 1 {
		return "", "", fmt.Errorf("%s has this %d times, not once: %q", e.File, n, e.Old)
	}
	return path, strings.Replace(string(source), e.Old, e.New, 1), nil
}

// Check reports an edit that cannot be made.
func (e Edit) Check() error {
	root, err := testrig.Root()
	if err != nil {
		return err
	}
	_, _, err = e.apply(root)
	return err
}

// Build compiles a gate with the edits, into a new directory, which it gives with
// the path of the binary.
func Build(ctx context.Context, edits ...Edit) (binary, dir string, err error) {
	root, err := testrig.Root()
	if err != nil {
		return "", "", err
	}
	if dir, err = os.MkdirTemp("", "sekisho-overlay-"); err != nil {
		return "", "", err
	}
	replace := map[string]string{}
	for i, e := range edits {
		path, text, err := e.apply(root)
		if err != nil {
			return "", dir, err
		}
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			return "", dir, err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", dir, err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return "", dir, err
	}
	binary = filepath.Join(dir, "sekisho")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", tags, "-ldflags", "-w -s", "-overlay", file, "-o", binary, "./cmd/sekisho")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", dir, fmt.Errorf("building an edited gate: %w\n%s", err, out)
	}
	return binary, dir, nil
}
