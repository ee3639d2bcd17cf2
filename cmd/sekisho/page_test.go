package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// commandsPage is the text of docs/commands.md.
func commandsPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestThePageOfCommandsWorks runs its examples in their order, as one script.
func TestThePageOfCommandsWorks(t *testing.T) {
	binary, err := testrig.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var examples strings.Builder
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(commandsPage(t), -1) {
		examples.WriteString(block[1])
	}
	script := filepath.Join(t.TempDir(), "page.txt")
	text := `exec sekisho context add here --address $ADMIN
exec sekisho context use here
env SEKISHO_ADMIN_KEY=$GOOD_KEY
exec sh -eu page.sh
stdout 'exit code 1\n'
stdout 'exit code 2\n'
! stderr 'not found|no answer|no flag'
grep '^MAPS_TOKEN=jt_' .env
grep '^TURSO_GROUP_TOKEN=eyJ' .env
grep '^-----BEGIN PUBLIC KEY-----' upstream.pem
-- page.sh --
` + examples.String()
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files: []string{script}, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error { return startGate(t, binary, env) },
	})
}

func TestThePageOfCommandsHasEachCommandWithItsFlags(t *testing.T) {
	sections := map[string]string{}
	for _, section := range strings.Split(commandsPage(t), "\n### `sekisho ")[1:] {
		heading, text, _ := strings.Cut(section, "`\n")
		text, _, _ = strings.Cut(text, "\n## ")
		sections[commandOf(strings.Fields(heading))] = heading + text
	}
	common, _, _ := strings.Cut(commandsPage(t), "\n### ")
	flag := regexp.MustCompile(`--[a-z][a-z-]*`)
	for _, leaf := range leaves(t) {
		text, found := sections[leaf.CommandPath()]
		if !found {
			t.Errorf("no section has %q", leaf.CommandPath())
		}
		delete(sections, leaf.CommandPath())
		var own []string
		leaf.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { own = append(own, "--"+f.Name) })
		text, _, _ = strings.Cut(text, "```sh")
		for _, name := range own {
			if name != "--help" && !slices.Contains(flag.FindAllString(text, -1), name) {
				t.Errorf("%q is described without %s", leaf.CommandPath(), name)
			}
		}
		for _, name := range flag.FindAllString(text, -1) {
			if leaf.Flag(strings.TrimPrefix(name, "--")) == nil && !strings.Contains(common, name) && name != "--expires" {
				t.Errorf("%q is described with %s, which it has not", leaf.CommandPath(), name)
			}
		}
	}
	for command := range sections {
		t.Errorf("there is no command %q", command)
	}
}
