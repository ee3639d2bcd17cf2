package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAnEnvFileHasOneLineForAName(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"empty":              {"", "TOKEN=new\n"},
		"another name":       {"A=1\n", "A=1\nTOKEN=new\n"},
		"no newline at end":  {"A=1", "A=1\nTOKEN=new\n"},
		"replaced in place":  {"TOKEN=old\nA=1\n", "TOKEN=new\nA=1\n"},
		"stale copies go":    {"A=1\nTOKEN=1\nTOKEN=2\n", "A=1\nTOKEN=new\n"},
		"export stays":       {"export TOKEN=old\n", "export TOKEN=new\n"},
		"a longer name":      {"MY_TOKEN=1\nTOKENS=2\n", "MY_TOKEN=1\nTOKENS=2\nTOKEN=new\n"},
		"comments stay":      {"# TOKEN=example\nTOKEN = old\n", "# TOKEN=example\nTOKEN=new\n"},
		"blank lines remain": {"A=1\n\nB=2\n", "A=1\n\nB=2\nTOKEN=new\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := envFile{path: filepath.Join(t.TempDir(), ".env"), name: "TOKEN"}
			if err := os.WriteFile(f.path, []byte(c.before), 0o644); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := f.write("new"); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(f.path)
			if err != nil || string(text) != c.after {
				t.Errorf("%v: got %q, want %q", err, text, c.after)
			}
			if info, err := os.Stat(f.path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v: the mode is %v", err, info.Mode())
			}
			if left, _ := os.ReadDir(filepath.Dir(f.path)); len(left) != 1 {
				t.Errorf("files are left behind: %v", left)
			}
		})
	}
}
