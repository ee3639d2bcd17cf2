package testrig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Script is a program in another language that is run with real clients.
type Script struct {
	Path string
	Env  []string
}

// Output is what a script printed, and how it ended.
type Output struct {
	Stdout, Stderr string
	Err            error // nil if the script ended with status 0
}

// Node runs a JavaScript or TypeScript module beside the clients in clientsDir.
// The script is copied there, because Node finds packages from where a module lies.
func Node(ctx context.Context, clientsDir string, s Script) (Output, error) {
	text, err := os.ReadFile(s.Path)
	if err != nil {
		return Output{}, fmt.Errorf("reading a script: %w", err)
	}
	dir, err := os.MkdirTemp(clientsDir, "run-")
	if err != nil {
		return Output{}, fmt.Errorf("placing a script: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, filepath.Base(s.Path))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return Output{}, fmt.Errorf("placing a script: %w", err)
	}
	args := []string{path}
	if filepath.Ext(path) == ".mts" {
		args = []string{"--import", "tsx", path}
	}
	return run(ctx, dir, s.Env, "node", args...), nil
}

// ErrNoPython says what to do about a missing Python or a missing library.
var ErrNoPython = errors.New("python3 with requests is missing: apt install python3-requests, or pip install requests")

// FindPython gives the path of a Python that has the library "requests".
func FindPython(ctx context.Context) (string, error) {
	for _, path := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(ctx, path, "-c", "import requests").Run() == nil {
			return path, nil
		}
	}
	return "", ErrNoPython
}

// Python runs a Python script with the Python at path.
func Python(ctx context.Context, path string, s Script) Output {
	return run(ctx, "", s.Env, path, s.Path)
}

// Shell runs a script with a shell, such as "bash", in dir.
func Shell(ctx context.Context, shell, dir string, s Script) Output {
	return run(ctx, dir, s.Env, shell, s.Path)
}

func run(ctx context.Context, dir string, env []string, path string, args ...string) Output {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return Output{Stdout: stdout.String(), Stderr: stderr.String(), Err: err}
}
