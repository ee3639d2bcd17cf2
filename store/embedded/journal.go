package embedded

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrFailed is in the chain of what every write hears once the file could not be
// written. Memory may be ahead of the disk then, and only opening the store again can tell.
var ErrFailed = errors.New("embedded store cannot write its file any more; mend the disk and start again")

// commit is one write and fsync, shared by all commands that wait for it.
type commit struct {
	done chan struct{}
	err  error // set before done is closed
}

func newCommit() *commit { return &commit{done: make(chan struct{})} }

func finished(err error) *commit {
	c := newCommit()
	c.finish(err)
	return c
}

func (c *commit) finish(err error) {
	c.err = err
	close(c.done)
}

func (c *commit) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return fmt.Errorf("waiting for the disk of the embedded store: %w", ctx.Err())
	}
}

// journal appends to the file. Commands queue up in memory, and one goroutine
// writes and syncs what has queued up, so nobody holds a lock while the disk works.
type journal struct {
	wake chan struct{} // holds a token while something may be queued
	dead chan struct{} // closed once no write can succeed any more
	idle chan struct{} // closed once the goroutine has ended

	mu     sync.Mutex
	file   disk
	size   int64 // bytes in file
	queued []byte
	next   *commit // of what is queued
	flying *commit // being written, or the last one that was
	err    error   // why the journal is dead
}

// newJournal starts the goroutine, which calls afterCommit whenever it has written.
func newJournal(file disk, size int64, afterCommit func()) *journal {
	j := &journal{
		wake: make(chan struct{}, 1), dead: make(chan struct{}), idle: make(chan struct{}),
		file: file, size: size, next: newCommit(), flying: finished(nil),
	}
	go func() {
		defer close(j.idle)
		for range j.wake {
			j.commit()
			afterCommit()
		}
		j.commit()
	}()
	return j
}

// append queues entry and returns the commit to wait for. A command that changed
// nothing waits too: what it saw must be as durable as what it says.
func (j *journal) append(entry []byte) *commit {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.err != nil:
		return finished(j.err)
	case len(entry) == 0 && len(j.queued) == 0:
		return j.flying
	}
	j.queued = append(j.queued, entry...)
	j.nudge()
	return j.next
}

func (j *journal) nudge() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *journal) commit() {
	j.mu.Lock()
	data, c, file := j.queued, j.next, j.file
	if len(data) == 0 || j.err != nil {
		j.mu.Unlock()
		return
	}
	j.queued, j.next, j.flying = nil, newCommit(), c
	j.mu.Unlock()

	_, err := file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		j.fail(err)
		c.finish(j.failure())
		return
	}
	j.mu.Lock()
	j.size += int64(len(data))
	j.mu.Unlock()
	c.finish(nil)
}

// replace goes on with a new file of size bytes that has the effect of the old one.
// Nothing may be queued or being written.
func (j *journal) replace(file disk, size int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_ = j.file.Close() // all of it is synced
	j.file, j.size = file, size
}

// fail refuses everything from now on. The first reason stays.
func (j *journal) fail(reason error) { j.end(fmt.Errorf("%w: %w", ErrFailed, reason)) }

func (j *journal) end(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return
	}
	j.err = err
	close(j.dead)
	j.next.finish(err)
}

func (j *journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

func (j *journal) length() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// close writes what is queued and ends the goroutine. Nobody may append any more.
func (j *journal) close() error {
	close(j.wake)
	<-j.idle
	err := j.failure()
	j.end(ErrClosed)
	return errors.Join(err, j.file.Close())
}
