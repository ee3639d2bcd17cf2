package embedded

import (
	"io"
)

// step is one call that a rewrite makes of the file system.
type step struct {
	number int // from 0
	name   string
}

// watched hears of each step of a rewrite before it is done, and may hold it or
// let it fail. It hears no more of the new file once that has its name.
type watched struct {
	files
	hear  func(step) error
	steps []step
	disk  *watchedDisk
}

func watch(s *Server, hear func(step) error) *watched {
	w := &watched{files: realFiles{}, hear: hear}
	s.files = w
	return w
}

// free reports whether the turn to write can be had.
func (s *Server) free() bool { return len(s.turn) == 1 }

func (w *watched) step(name string) error {
	at := step{len(w.steps), name}
	w.steps = append(w.steps, at)
	return w.hear(at)
}

func (w *watched) open(path string) (io.ReadCloser, error) {
	if err := w.step("open"); err != nil {
		return nil, err
	}
	file, err := w.files.open(path)
	return &watchedSource{file, w}, err
}

func (w *watched) create(path string) (disk, error) {
	if err := w.step("create"); err != nil {
		return nil, err
	}
	file, err := w.files.create(path)
	w.disk = &watchedDisk{disk: file, w: w}
	return w.disk, err
}

func (w *watched) rename(from, to string) error {
	if err := w.step("rename"); err != nil {
		return err
	}
	w.disk.named = true
	return w.files.rename(from, to)
}

func (w *watched) remove(path string) error {
	if err := w.step("remove"); err != nil {
		return err
	}
	return w.files.remove(path)
}

func (w *watched) syncDir(path string) error {
	if err := w.step("sync directory"); err != nil {
		return err
	}
	return w.files.syncDir(path)
}

type watchedSource struct {
	io.ReadCloser
	w *watched
}

func (s *watchedSource) Read(p []byte) (int, error) {
	if err := s.w.step("read"); err != nil {
		return 0, err
	}
	return s.ReadCloser.Read(p)
}

type watchedDisk struct {
	disk
	w        *watched
	named    bool
	unsynced int // bytes that a loss of power would lose
}

// Write writes half of p if it is to fail, as a disk that fills up does.
func (d *watchedDisk) Write(p []byte) (int, error) {
	if d.named {
		return d.disk.Write(p)
	}
	if err := d.w.step("write"); err != nil {
		n, _ := d.disk.Write(p[:len(p)/2])
		return n, err
	}
	d.unsynced += len(p)
	return d.disk.Write(p)
}

func (d *watchedDisk) Sync() error {
	if d.named {
		return d.disk.Sync()
	}
	if err := d.w.step("sync"); err != nil {
		return err
	}
	d.unsynced = 0
	return d.disk.Sync()
}
