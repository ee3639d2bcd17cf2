package embedded

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// disk is a file that is written.
type disk interface {
	io.WriteCloser
	Sync() error
}

// files is what a rewrite asks of the file system; tests let each call fail.
type files interface {
	open(path string) (io.ReadCloser, error)
	create(path string) (disk, error)
	rename(from, to string) error
	remove(path string) error
	syncDir(path string) error
}

type realFiles struct{}

func (realFiles) open(path string) (io.ReadCloser, error) { return os.Open(path) }

func (realFiles) create(path string) (disk, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
}

func (realFiles) rename(from, to string) error { return os.Rename(from, to) }

func (realFiles) remove(path string) error { return os.Remove(path) }

func (realFiles) syncDir(path string) error { return syncDir(path) }

// makeDir makes dir and the parents that it lacks, so that they outlast a power cut as
// what is written in them does.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
