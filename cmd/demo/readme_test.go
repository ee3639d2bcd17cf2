package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// The README shows a part of the quick start, so what it shows has to be there.
func TestEveryCommandThatTheReadmeShowsIsPartOfTheQuickStart(t *testing.T) {
	root, err := testrig.Root()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	quickStart, err := new(demo).quickStart()
	if err != nil {
		t.Fatal(err)
	}
	shown := commands(string(readme))
	if len(shown) == 0 {
		t.Fatal("the README shows no command of the quick start")
	}
	for _, command := range shown {
		if !slices.Contains(strings.Split(quickStart, "\n"), command) {
			t.Errorf("the quick start has no line %s", command)
		}
	}
}

// commands are what follows the prompts of a text, without comments and make.
func commands(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		if !isCommand || strings.HasPrefix(command, "make ") {
			continue
		}
		command, _, _ = strings.Cut(command, " # ")
		found = append(found, strings.TrimSpace(command))
	}
	return found
}
