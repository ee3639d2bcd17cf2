package embedded

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// chunk is how many members of a hash, set or sorted set one command writes.
const chunk = 64

// write writes one command of a state.
type write func(args ...string) error

// writeState writes all keys as commands, until ctx ends. No write may run meanwhile.
func (m *memory) writeState(ctx context.Context, to io.Writer) (size int64, err error) {
	w := bufio.NewWriterSize(to, 64<<10)
	var command []byte
	write := func(args ...string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		command = appendCommand(command[:0], args...)
		size += int64(len(command))
		_, err := w.Write(command)
		return err
	}
	for _, key := range m.redis.Keys() {
		if err := m.writeKey(ctx, key, write); err != nil {
			return 0, fmt.Errorf("rewriting key %q: %w", key, err)
		}
	}
	return size, w.Flush()
}

func (m *memory) writeKey(ctx context.Context, key string, write write) error {
	switch kind := m.redis.Type(key); kind {
	case "string":
		value, err := m.redis.Get(key)
		if err != nil {
			return err
		}
		return write("SET", key, value)
	case "hash":
		fields, err := m.redis.HKeys(key)
		if err != nil {
			return err
		}
		return writeChunks(write, "HSET", key, fields, func(f string) []string { return []string{f, m.redis.HGet(key, f)} })
	case "set":
		members, err := m.redis.Members(key)
		if err != nil {
			return err
		}
		return writeChunks(write, "SADD", key, members, func(member string) []string { return []string{member} })
	case "zset":
		scores, err := m.redis.SortedSet(key)
		if err != nil {
			return err
		}
		return writeChunks(write, "ZADD", key, slices.Sorted(maps.Keys(scores)), func(member string) []string {
			return []string{strconv.FormatFloat(scores[member], 'g', -1, 64), member}
		})
	case "stream":
		return m.writeStream(ctx, key, write)
	default:
		return fmt.Errorf("%w: a %s", ErrUnsupported, kind)
	}
}

func writeChunks(write write, name, key string, members []string, words func(member string) []string) error {
	for part := range slices.Chunk(members, chunk) {
		args := []string{name, key}
		for _, m := range part {
			args = append(args, words(m)...)
		}
		if err := write(args...); err != nil {
			return err
		}
	}
	return nil
}

// writeStream writes the entries, and the last id if its entry is gone, since
// later ids must be above it.
func (m *memory) writeStream(ctx context.Context, key string, write write) error {
	entries, err := m.redis.Stream(key)
	if err != nil {
		return err
	}
	last := ""
	for _, e := range entries {
		last = e.ID
		if err := write(append([]string{"XADD", key, e.ID}, e.Values...)...); err != nil {
			return err
		}
	}
	state, err := m.writer.XInfoStream(ctx, key).Result()
	if err != nil {
		return err
	}
	id := state.LastGeneratedID
	if id == "" || id == last {
		return nil
	}
	if err := write("XADD", key, id, "deleted", ""); err != nil {
		return err
	}
	return write("XDEL", key, id)
}
