package main

import (
	"cmp"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/caddymodule/cli"
)

// coverage is what the scripts have run.
type coverage struct {
	schemas schemas

	mu        sync.Mutex
	scripts   int
	ran       map[string]bool // "devtoken list ja"
	validated map[string]bool // "devtoken list"
}

func newCoverage(t *testing.T) *coverage {
	return &coverage{schemas: loadSchemas(t), ran: map[string]bool{}, validated: map[string]bool{}}
}

func (c *coverage) began() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scripts++
}

// leaves are the commands that have none below them.
func leaves(t *testing.T) (found []*cobra.Command) {
	t.Helper()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() {
			found = append(found, cmd)
		}
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	for _, cmd := range cli.Commands() {
		walk(cmd)
	}
	return found
}

// commandOf is the path of the command that arguments mean.
func commandOf(args []string) string {
	root := &cobra.Command{}
	root.AddCommand(cli.Commands()...)
	cmd, _, err := root.Find(args)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(cmd.CommandPath())
}

// run runs the binary, which must succeed: sekisho ARGS.
func (c *coverage) run(ts *testscript.TestScript, _ bool, args []string) {
	c.status(ts, false, append([]string{"0"}, args...))
}

// status runs the binary and wants it to end with an exit code: status CODE ARGS.
func (c *coverage) status(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	args = args[1:]
	err = ts.Exec("sekisho", args...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	command := commandOf(args)
	if text := ts.ReadFile("stdout"); slices.Contains(args, "--json") && text != "" {
		ts.Check(c.schemas.validate(strings.ReplaceAll(command, " ", "-"), text))
		c.note(c.validated, command)
	}
	if got == 0 {
		c.note(c.ran, command+" "+languageOf(ts, args))
	}
}

func (c *coverage) note(in map[string]bool, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in[key] = true
}

// languageOf is the language that a command has spoken.
func languageOf(ts *testscript.TestScript, args []string) string {
	locale := cmp.Or(ts.Getenv("LC_ALL"), ts.Getenv("LANG"))
	if at := slices.Index(args, "--lang"); at >= 0 && at+1 < len(args) {
		locale = args[at+1]
	}
	if language, _, _ := strings.Cut(locale, "_"); slices.Contains([]string{"ja", "zh"}, language) {
		return language
	}
	return "en"
}

// schema validates an output: schema NAME stdout.
func (c *coverage) schema(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(c.schemas.validate(args[0], ts.ReadFile(args[1])))
}

// report fails for every command that the scripts leave out. A part of the scripts
// proves nothing.
func (c *coverage) report(t *testing.T) {
	all, err := filepath.Glob(filepath.Join(scripts, "*.txt"))
	if err != nil || len(all) != c.scripts {
		t.Logf("%d of %d scripts were run: no report", c.scripts, len(all))
		return
	}
	for _, leaf := range leaves(t) {
		command := leaf.CommandPath()
		for _, language := range []string{"en", "ja", "zh"} {
			if !c.ran[command+" "+language] {
				t.Errorf("no script runs %q in %s", command, language)
			}
		}
		if !c.validated[command] {
			t.Errorf("no script holds %q --json to its schema", command)
		}
	}
}
