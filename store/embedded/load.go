package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// load replays the file, made if there is none, and starts the journal on it.
func (s *Server) load() error {
	if err := s.removeTemp(); err != nil {
		return fmt.Errorf("removing an unfinished rewrite: %w", err)
	}
	file, err := os.OpenFile(s.path(fileName), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the file of the embedded store: %w", err)
	}
	size, err := s.restore(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	if size > s.compactAbove {
		if s.base, err = s.writeState(context.Background(), io.Discard); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	s.journal = newJournal(file, size, s.grew)
	s.turn <- struct{}{}
	return nil
}

// restore makes file private, replays it and cuts off an unfinished end.
func (s *Server) restore(file *os.File) (size int64, err error) {
	stat, err := file.Stat()
	if err == nil {
		err = file.Chmod(0o600)
	}
	if err != nil {
		return 0, fmt.Errorf("preparing the embedded store: %w", err)
	}
	aof := newAOFReader(file, stat.Size())
	good, err := s.replay(context.Background(), aof)
	if errors.Is(err, errTruncated) {
		err = s.cut(file, good, aof)
	}
	if err != nil {
		return 0, fmt.Errorf("loading %s: %w", file.Name(), err)
	}
	return good, syncDir(filepath.Dir(file.Name()))
}

// cut drops what a crash left unfinished at the end of the file. If the unfinished
// command seems to hold another, a length in it is wrong and the file may be whole.
func (s *Server) cut(file *os.File, good int64, aof *aofReader) error {
	tail := make([]byte, aof.size-aof.begun)
	if _, err := file.ReadAt(tail, aof.begun); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if holdsCommand(tail) {
		return corrupt(aof.begun, "a command that does not end")
	}
	s.log.Warn("embedded store: cut off an unfinished write at the end of its file; it was never acknowledged",
		"file", file.Name(), "offset", good, "bytes", aof.size-good)
	if err := file.Truncate(good); err != nil {
		return err
	}
	return file.Sync()
}

// holdsCommand reports whether another command seems to begin in an unfinished one. A
// "*" that follows a length is text.
func holdsCommand(unfinished []byte) bool {
	var last []byte
	for line := range bytes.SplitSeq(unfinished, []byte("\r\n")) {
		if last != nil && bytes.HasPrefix(line, []byte("*")) && !bytes.HasPrefix(last, []byte("$")) {
			return true
		}
		last = line
	}
	return false
}
