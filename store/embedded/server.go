package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
	"github.com/redis/go-redis/v9"
)

// fileName is the append-only file in the directory that Open is given.
const fileName = "store.aof"

const (
	lockName = "store.lock"
	tempName = "store.aof.tmp"
)

// ErrClosed is what a command hears after [Server.Close].
var ErrClosed = errors.New("embedded store is closed")

// ErrLocked reports a directory that another server is using.
var ErrLocked = errors.New("embedded store is in use")

// Server is a Redis in this process. It is safe for concurrent use, and nothing
// about it is global: it lives from Open to Close.
type Server struct {
	*memory // its writer runs every write, one at a time

	dir     string
	log     *slog.Logger
	files   files
	lock    *flock.Flock
	ordered *ordered
	journal *journal

	// turn holds a token while no write runs: a mutex that a context can stop
	// waiting for.
	turn chan struct{}

	compactAbove int64
	base         int64         // size of the file after it was last rewritten; the compactor's own
	grown        chan struct{} // holds a token when the file may have grown
	compactor    sync.WaitGroup

	stop    context.CancelFunc // ends the compactor
	closing sync.Once
	closed  error
}

// Open loads the store in dir, which is made if need be (mode 0700), and locks
// it: a second Open of the same directory is [ErrLocked]. A command cut short at
// the end of the file, as kill -9 leaves it, was never acknowledged and is cut off;
// anything else that cannot be read is [ErrCorrupt].
func Open(dir string, log *slog.Logger) (*Server, error) {
	return open(dir, log, defaultCompactAbove)
}

func open(dir string, log *slog.Logger, compactAbove int64) (*Server, error) {
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("making the directory of the embedded store: %w", err)
	}
	s := &Server{
		dir: dir, log: log, files: realFiles{}, compactAbove: compactAbove,
		turn: make(chan struct{}, 1), grown: make(chan struct{}, 1),
	}
	s.lock = flock.New(s.path(lockName), flock.SetPermissions(0o600))
	locked, err := s.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the embedded store: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("%w: %s is locked: stop the other process, give this one a directory of its own, or let both use a Redis server",
			ErrLocked, s.lock.Path())
	}
	s.memory = newMemory()
	s.ordered = newOrdered(s.redis)
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.release())
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	s.compactor.Go(func() { s.compactWhenGrown(ctx) })
	s.grew()
	return s, nil
}

// grew lets the compactor look at the size of the file.
func (s *Server) grew() {
	select {
	case s.grown <- struct{}{}:
	default:
	}
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// Client is a new client of this server, which the caller closes. The outer hooks
// see each command as the caller does, with the time that the disk took.
func (s *Server) Client(outer ...redis.Hook) *redis.Client {
	client := s.newClient(poolSize)
	for _, hook := range outer {
		client.AddHook(hook)
	}
	client.AddHook(gate{s})
	return client
}

// Close writes what is left to be written and gives the directory free. Clients
// get errors from then on. A second call does nothing.
func (s *Server) Close() error {
	s.closing.Do(func() {
		s.stop()
		s.compactor.Wait()
		<-s.turn // never given back: no write runs from here on
		s.closed = errors.Join(s.journal.close(), s.release())
	})
	return s.closed
}

func (s *Server) release() error {
	return errors.Join(s.memory.close(), s.lock.Unlock())
}

// begin waits for the turn to write, to be given back with end.
func (s *Server) begin(ctx context.Context) error {
	select {
	case <-s.turn:
	case <-s.journal.dead:
		return s.journal.failure()
	case <-ctx.Done():
		return fmt.Errorf("waiting to write to the embedded store: %w", ctx.Err())
	}
	if err := s.journal.failure(); err != nil {
		s.end()
		return err
	}
	return nil
}

func (s *Server) end() { s.turn <- struct{}{} }
