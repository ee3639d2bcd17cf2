package embedded

import (
	"context"
	"fmt"
	"io"
)

// rewrite is a new file that gets the effect of an old one.
type rewrite struct {
	from io.Reader // the old file, after the bytes that were read
	to   disk
	read int64 // bytes of the old file whose effect the new one has
	size int64 // bytes of the new file
}

// state replays the first bytes of the old file and writes the outcome. It takes the
// memory of a second store while it runs.
func (r *rewrite) state(ctx context.Context, length int64) error {
	m := newMemory()
	defer m.close()
	if _, err := m.replay(ctx, newAOFReader(io.LimitReader(r.from, length), length)); err != nil {
		return fmt.Errorf("reading the file again: %w", err)
	}
	size, err := m.writeState(ctx, r.to)
	if err != nil {
		return err
	}
	r.read, r.size = length, size
	return r.to.Sync()
}

// catchUp copies what the old file got since, up to length.
func (r *rewrite) catchUp(length int64) error {
	n, err := io.CopyN(r.to, r.from, length-r.read)
	r.read += n
	r.size += n
	if err != nil {
		return fmt.Errorf("copying the latest writes: %w", err)
	}
	return r.to.Sync()
}
