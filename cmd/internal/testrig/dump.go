package testrig

import (
	"fmt"
	"os"
	"path/filepath"
)

// persisted is the folder in which Redis keeps its append-only files.
const persisted = "appendonlydir"

// Dump copies the files of a running Redis to dir, as a backup does.
func (r *Redis) Dump(dir string) error {
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(r.Dir(), persisted))); err != nil {
		return fmt.Errorf("copying the files of Redis: %w", err)
	}
	return nil
}

// Restore puts a dump in the place of the files of a Redis that has ended.
func (r *Redis) Restore(dir string) error {
	files := filepath.Join(r.Dir(), persisted)
	if err := os.RemoveAll(files); err != nil {
		return fmt.Errorf("restoring the files of Redis: %w", err)
	}
	if err := os.CopyFS(files, os.DirFS(dir)); err != nil {
		return fmt.Errorf("restoring the files of Redis: %w", err)
	}
	return nil
}
