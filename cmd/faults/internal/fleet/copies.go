package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// blocker stands where the gate would write, so that every write fails.
const blocker = ".tmp"

// copyFiles are the files of the gate's durable copy.
func (g *Gate) copyFiles() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(g.copies, "revocations-*"))
	if err == nil && len(files) == 0 {
		err = errors.New("there is no durable copy")
	}
	return files, err
}

// CopyWritten is when the durable copy, or the proof that it is complete, was last
// written.
func (g *Gate) CopyWritten() (newest time.Time, err error) {
	files, err := g.copyFiles()
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			continue // being replaced
		}
		if filepath.Ext(file) != blocker && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest, err
}

// BlockCopies makes every write of the durable copy fail. It works for every user,
// root too, and on every system.
func (g *Gate) BlockCopies() error {
	files, err := g.copyFiles()
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.MkdirAll(filepath.Join(file+blocker, "full"), 0o700); err != nil {
			return fmt.Errorf("blocking the durable copy: %w", err)
		}
	}
	return nil
}

// UnblockCopies is the end of BlockCopies.
func (g *Gate) UnblockCopies() error {
	blockers, err := filepath.Glob(filepath.Join(g.copies, "*"+blocker))
	for _, path := range blockers {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// LoseCopies removes the durable copy, as a new disk does.
func (g *Gate) LoseCopies() error { return os.RemoveAll(g.copies) }
