package embedded

import (
	"context"
	"errors"
	"os"
)

// defaultCompactAbove is the size of the file, in bytes, below which it is never rewritten.
const defaultCompactAbove = 32 << 20

// compactWhenGrown rewrites the file whenever it is twice as large as it was after the
// last time, until ctx ends. If that fails the old file stays, and the next try
// waits until it has doubled again.
func (s *Server) compactWhenGrown(ctx context.Context) {
	for {
		select {
		case <-s.grown:
		case <-ctx.Done():
			return
		}
		size := s.journal.length()
		if size <= s.compactAbove || size < 2*s.base {
			continue
		}
		s.base = size
		if err := s.compact(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("embedded store: could not rewrite its file and goes on with the longer one", "error", err)
		}
	}
}

// compact replaces the file by a shorter one with the same effect. Writes go on to the
// old one until the new one has all but the last of them, and stop for the rest.
func (s *Server) compact(ctx context.Context) error {
	if err := s.journal.failure(); err != nil {
		return err
	}
	from, err := s.files.open(s.path(fileName))
	if err != nil {
		return err
	}
	defer from.Close() // after the turn is given back: this is what frees the old file's blocks
	to, err := s.files.create(s.path(tempName))
	if err != nil {
		return err
	}
	r := &rewrite{from: from, to: to}
	err = s.prepare(ctx, r)
	if err == nil {
		err = s.handOver(ctx, r)
	}
	if err != nil {
		return errors.Join(err, to.Close(), s.removeTemp())
	}
	return nil
}

// prepare brings the new file close to the end of the old one. It stops when a
// round leaves as much to do as the one before, as it would for ever if the
// disk could not keep up with the writes.
func (s *Server) prepare(ctx context.Context, r *rewrite) error {
	if err := r.state(ctx, s.journal.length()); err != nil {
		return err
	}
	for last := r.read; ctx.Err() == nil; {
		length := s.journal.length()
		behind := length - r.read
		if behind == 0 {
			break
		}
		if err := r.catchUp(length); err != nil {
			return err
		}
		if behind > last/2 {
			break
		}
		last = behind
	}
	return ctx.Err()
}

// handOver lets the journal go on with the new file. No write runs meanwhile, so
// a crash may leave either file.
func (s *Server) handOver(ctx context.Context, r *rewrite) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if err := s.journal.append(nil).wait(ctx); err != nil {
		return err
	}
	if err := r.catchUp(s.journal.length()); err != nil {
		return err
	}
	if err := s.files.rename(s.path(tempName), s.path(fileName)); err != nil {
		return err
	}
	if err := s.files.syncDir(s.dir); err != nil {
		// Nobody can say which of the two files a crash would leave, once one of them goes on.
		s.journal.fail(err)
		return err
	}
	s.base = r.size
	s.journal.replace(r.to, r.size)
	return nil
}

func (s *Server) removeTemp() error {
	err := s.files.remove(s.path(tempName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
