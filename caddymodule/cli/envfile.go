package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// envFile is a file of NAME=value lines that a new token is written into.
type envFile struct {
	path, name string
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (t texts) envFlags(cmd *cobra.Command, name string) {
	cmd.Flags().String("env-file", "", t.of("flag_env_file"))
	cmd.Flags().String("env-name", name, t.of("flag_env_name"))
}

// envTarget checks where the token is to go, before there is one. It is nil when
// no file was asked for.
func (c *call) envTarget() (*envFile, error) {
	path := c.text("env-file")
	if path == "" {
		return nil, nil
	}
	f := &envFile{path: path, name: c.text("env-name")}
	if !envName.MatchString(f.name) {
		return nil, c.usage("env_name", f.name)
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, c.failed("env_not_regular", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, c.failed("env_unwritable", path, err)
	}
	directory, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, c.failed("env_unwritable", path, err)
	}
	if mode := directory.Mode(); mode.Perm()&0o002 != 0 && mode&fs.ModeSticky == 0 {
		return nil, c.failed("env_open_directory", filepath.Dir(path))
	}
	if inGitUnignored(path) {
		c.say("env_in_git", path)
	}
	return f, nil
}

// inGitUnignored reports whether git would offer to commit the file.
func inGitUnignored(path string) bool {
	cmd := exec.Command("git", "-C", filepath.Dir(path), "check-ignore", "--quiet", "--", filepath.Base(path))
	exit, ok := errors.AsType[*exec.ExitError](cmd.Run())
	return ok && exit.ExitCode() == 1 // 128: no work tree
}

// write puts the credential into the file in the place of any of that name. The
// file is whole at every moment, and nobody else may read it.
func (f *envFile) write(credential string) error {
	old, err := os.ReadFile(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading %s: %w", f.path, err)
	}
	return replaceFile(f.path, []byte(f.replaced(string(old), credential)))
}

// replaced is text with one line for the name: where the first one was, or last.
func (f *envFile) replaced(text, credential string) string {
	ours := regexp.MustCompile(`^\s*(export\s+)?` + f.name + `\s*=`)
	var lines []string
	placed := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		found := ours.FindStringSubmatch(line)
		switch {
		case found == nil:
			lines = append(lines, line)
		case !placed:
			lines = append(lines, found[1]+f.name+"="+credential)
			placed = true
		}
	}
	if !placed {
		lines = append(lines, f.name+"="+credential)
	}
	return strings.Join(lines, "\n") + "\n"
}
