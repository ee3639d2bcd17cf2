package embedded

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// load replays the file, made if there is none, and starts the journal on it.
func (s *Server) load() error {
	if err := os.Remove(s.path(tempName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing an unfinished rewrite: %w", err)
	}
	file, err := os.OpenFile(s.path(FileName), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the file of the embedded store: %w", err)
	}
	size, err := s.restore(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	if size > s.compactAbove {
		if s.base, err = s.stateSize(); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	s.journal = newJournal(file, size, s.maybeCompact)
	s.turn <- struct{}{}
	return nil
}

// restore makes file private, replays it and cuts off an unfinished end.
func (s *Server) restore(file *os.File) (size int64, err error) {
	stat, err := file.Stat()
	if err == nil {
		err = file.Chmod(0o600)
	}
	if err == nil {
		err = s.writer.Ping(context.Background()).Err() // starts miniredis
	}
	if err != nil {
		return 0, fmt.Errorf("preparing the embedded store: %w", err)
	}
	aof := newAOFReader(file, stat.Size())
	good, err := replay(s.redis.Server(), aof)
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
	if bytes.Contains(tail, []byte("\r\n*")) {
		return corrupt(aof.begun, "a command that does not end")
	}
	s.log.Warn("embedded store: cut off an unfinished write at the end of its file; it was never acknowledged",
		"file", file.Name(), "offset", good, "bytes", aof.size-good)
	if err := file.Truncate(good); err != nil {
		return err
	}
	return file.Sync()
}

// replay runs the commands of a file, straight into the server without a connection.
func replay(redis *server.Server, aof *aofReader) (good int64, err error) {
	var reply bytes.Buffer
	peer := server.NewPeer(bufio.NewWriter(&reply))
	for {
		group, good, err := aof.next()
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, err
		}
		for _, c := range group {
			if err := replayable(c.args); err != nil {
				return good, corrupt(c.offset, err.Error())
			}
			reply.Reset()
			redis.Dispatch(peer, c.args)
			peer.Flush()
			if line, refused := bytes.CutPrefix(reply.Bytes(), []byte("-")); refused {
				return good, corrupt(c.offset, string(bytes.TrimSpace(line)))
			}
		}
	}
}

// replayable accepts what logged writes.
func replayable(args []string) error {
	if strings.EqualFold(args[0], "xadd") {
		if xaddID(args) < 0 {
			return fmt.Errorf("%w: XADD without an id", ErrUnsupported)
		}
		return nil
	}
	read, err := isRead(args)
	if read {
		return fmt.Errorf("%w: %.40q is no write", ErrUnsupported, args[0])
	}
	return err
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
