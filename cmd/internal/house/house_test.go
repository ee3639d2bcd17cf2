package house

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/sekisho-project/sekisho"

// floors lists the rooms from the top of the house down. A room may import from
// its own floor only within itself, and from every floor below.
var floors = [][]string{
	{"cmd"},
	{"caddymodule"},
	{"issuer", "verifier"}, // two wings that never import each other
	{"revocation"},
	{"store"},
	{"token"},
}

type pkg struct {
	ImportPath string
	Deps       []string
	Imports    []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Deps,Imports"}, args...)...)
	cmd.Dir = filepath.Join("..", "..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// room is the first folder of a package of this module, and its floor.
func room(path string) (name string, floor int) {
	rest, ours := strings.CutPrefix(path, module+"/")
	if !ours {
		return "", -1
	}
	name, _, _ = strings.Cut(rest, "/")
	for floor, rooms := range floors {
		for _, r := range rooms {
			if r == name {
				return name, floor
			}
		}
	}
	return name, -1
}

func TestImportsOnlyGoDown(t *testing.T) {
	for _, p := range list(t, "./...") {
		from, floor := room(p.ImportPath)
		if floor < 0 {
			t.Errorf("%s stands on no floor of the house", p.ImportPath)
		}
		for _, imported := range p.Imports {
			to, below := room(imported)
			if to != "" && to != from && below <= floor {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, imported)
			}
		}
	}
}

func TestTheCoreDoesNotKnowCaddy(t *testing.T) {
	core := []string{"./token/...", "./store/...", "./revocation/...", "./issuer/...", "./verifier/..."}
	for _, p := range list(t, core...) {
		for _, dep := range p.Deps {
			if strings.Contains(dep, "caddyserver") {
				t.Errorf("%s depends on %s", p.ImportPath, dep)
			}
		}
	}
}

func TestNoFileIsTooLong(t *testing.T) {
	const limit = 400
	err := filepath.WalkDir(filepath.Join("..", "..", ".."), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..":
			return fs.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if lines := strings.Count(string(text), "\n"); lines > limit {
			t.Errorf("%s has %d lines; split it by what it knows", path, lines)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
