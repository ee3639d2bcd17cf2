package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestTheDirectoryAndItsParentsAreMadeForTheServerAlone(t *testing.T) {
	top := filepath.Join(t.TempDir(), "a")
	dir := filepath.Join(top, "b", "c")
	for range 2 {
		if err := makeDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, made := range []string{top, filepath.Dir(dir), dir} {
		if info, err := os.Stat(made); err != nil || info.Mode() != os.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", made, info, err)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeDir(filepath.Join(file, "below")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("below a file: %v", err)
	}
}
