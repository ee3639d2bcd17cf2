package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
)

// defaultCompactAbove is the size of the file, in bytes, below which it is never rewritten.
const defaultCompactAbove = 32 << 20

// chunk is how many members of a hash, set or sorted set one command writes.
const chunk = 64

// maybeCompact rewrites the file once it is twice as large as it was after the
// last time. If that fails the old file stays, and the next try waits until it has doubled again.
func (s *Server) maybeCompact() {
	size := s.journal.length()
	if size <= s.compactAbove || size < 2*s.base {
		return
	}
	select {
	case <-s.turn:
		defer s.end()
	case <-s.stopping:
		return
	}
	s.base = size
	if err := s.compact(); err != nil {
		s.log.Warn("embedded store: could not rewrite its file and goes on with the longer one", "error", err)
	}
}

// compact replaces the file by the shortest one with the same effect. No write
// may run meanwhile.
func (s *Server) compact() error {
	if err := s.journal.failure(); err != nil {
		return err
	}
	temp := s.path(tempName)
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	size, err := s.writeState(file)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(temp, s.path(FileName))
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(temp))
	}
	if err := syncDir(s.dir); err != nil {
		// Nobody can say which of the two files a crash would leave.
		s.journal.fail(err)
		return errors.Join(err, file.Close())
	}
	s.base = size
	return s.journal.replace(file, size)
}

func (s *Server) stateSize() (int64, error) { return s.writeState(io.Discard) }

// writeState writes all keys as commands.
func (s *Server) writeState(to io.Writer) (size int64, err error) {
	w := bufio.NewWriterSize(to, 64<<10)
	write := func(args ...string) {
		n, _ := w.Write(appendCommand(nil, args...)) // the error comes again from Flush
		size += int64(n)
	}
	for _, key := range s.redis.Keys() {
		if err := s.writeKey(key, write); err != nil {
			return 0, fmt.Errorf("rewriting key %q: %w", key, err)
		}
	}
	return size, w.Flush()
}

func (s *Server) writeKey(key string, write func(args ...string)) error {
	switch kind := s.redis.Type(key); kind {
	case "string":
		value, err := s.redis.Get(key)
		write("SET", key, value)
		return err
	case "hash":
		fields, err := s.redis.HKeys(key)
		writeChunks(write, "HSET", key, fields, func(f string) []string { return []string{f, s.redis.HGet(key, f)} })
		return err
	case "set":
		members, err := s.redis.Members(key)
		writeChunks(write, "SADD", key, members, func(m string) []string { return []string{m} })
		return err
	case "zset":
		scores, err := s.redis.SortedSet(key)
		writeChunks(write, "ZADD", key, slices.Sorted(maps.Keys(scores)), func(m string) []string {
			return []string{strconv.FormatFloat(scores[m], 'g', -1, 64), m}
		})
		return err
	case "stream":
		return s.writeStream(key, write)
	default:
		return fmt.Errorf("%w: a %s", ErrUnsupported, kind)
	}
}

func writeChunks(write func(args ...string), name, key string, members []string, words func(member string) []string) {
	for part := range slices.Chunk(members, chunk) {
		args := []string{name, key}
		for _, m := range part {
			args = append(args, words(m)...)
		}
		write(args...)
	}
}

// writeStream writes the entries, and the last id if its entry is gone, since
// later ids must be above it.
func (s *Server) writeStream(key string, write func(args ...string)) error {
	entries, err := s.redis.Stream(key)
	if err != nil {
		return err
	}
	last := ""
	for _, e := range entries {
		last = e.ID
		write(append([]string{"XADD", key, e.ID}, e.Values...)...)
	}
	state, err := s.writer.XInfoStream(context.Background(), key).Result()
	if err != nil {
		return err
	}
	if id := state.LastGeneratedID; id != "" && id != last {
		write("XADD", key, id, "deleted", "")
		write("XDEL", key, id)
	}
	return nil
}
