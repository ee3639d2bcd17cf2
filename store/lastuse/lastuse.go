// Package lastuse notes when each token was last used, off the requests.
//
// The first use of a token is written within a moment, later ones at most once a
// minute. Times are exact to a second, and to some seconds while the store does not
// answer. A process that is killed loses that minute, and nothing else.
package lastuse

import (
	"context"
	"hash/maphash"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// every is the least time between two writes for one token.
	every = time.Minute
	// tick is how much later than that a write may be, and how exactly a time of use is
	// known: requests do not look at the clock.
	tick = time.Second
	// gather is how long a first use waits for others to be written with.
	gather = 100 * time.Millisecond
	// idle is after how long without a use a token is no longer kept in memory.
	idle = 2 * every
	// batch bounds the tokens of one write.
	batch = 1000
	// backoff is how long the store is left alone after it failed.
	backoff = 5 * time.Second
	// lastCall bounds the write when the recorder ends.
	lastCall = 3 * time.Second

	shardCount = 4096
	// maxTokens bounds what is kept in memory. Uses of more tokens than that within
	// two minutes are not noted.
	maxTokens = 256 * 1024
)

// Writer writes times of use by token id; *store.Store does.
type Writer interface {
	MarkUsed(ctx context.Context, uses map[string]time.Time) error
}

// Recorder collects uses. It may be used by many goroutines.
type Recorder struct {
	writer Writer
	log    *slog.Logger
	seed   maphash.Seed
	shards [shardCount]shard
	kept   atomic.Int64  // tokens in all shards
	first  chan struct{} // holds one when a token was used for the first time
}

// shard is a map that is never changed but replaced by a changed copy, so that
// reading it takes no lock.
type shard struct {
	mu    sync.Mutex // held by whoever replaces it
	marks atomic.Pointer[map[string]*mark]
}

// mark is one token's. Its times, in milliseconds since 1970, are the writing
// goroutine's alone.
type mark struct {
	state   atomic.Uint32
	used    int64 // as of the last look at the state
	written int64 // the use that was written
	at      int64 // when that was written
}

// The states of a mark.
const (
	seen      = iota // not used since it was last looked at
	used             // used since
	forgotten        // no longer in its shard
)

// New makes a recorder; [Recorder.Run] makes it write.
func New(w Writer, log *slog.Logger) *Recorder {
	return &Recorder{writer: w, log: log, seed: maphash.MakeSeed(), first: make(chan struct{}, 1)}
}

// Used notes that a token was used. It waits for nothing; after the first use it
// takes no lock, allocates nothing, and mostly writes nothing either.
func (r *Recorder) Used(id string) {
	s := r.shardOf(id)
	if m, known := s.load()[id]; !known || !m.use() {
		r.admit(s, id)
	}
}

func (r *Recorder) shardOf(id string) *shard {
	return &r.shards[maphash.String(r.seed, id)%shardCount]
}

func (s *shard) load() map[string]*mark {
	if marks := s.marks.Load(); marks != nil {
		return *marks
	}
	return nil
}

// use notes a use; it fails when the mark is forgotten.
func (m *mark) use() bool {
	return m.state.Load() == used || m.state.CompareAndSwap(seen, used) || m.state.Load() == used
}

// look moves the time of use to now if there was a use since the last look.
func (m *mark) look(now int64) {
	if m.state.CompareAndSwap(used, seen) {
		m.used = now
	}
}

// isDue reports whether a use may be written; a clock that went back holds none up.
func (m *mark) isDue(now int64) bool { return now-m.at >= every.Milliseconds() || now < m.at }

// admit begins to keep a token.
func (r *Recorder) admit(s *shard, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.load()
	if m, known := old[id]; known && m.use() {
		return
	}
	if r.kept.Load() >= maxTokens {
		return
	}
	marks := make(map[string]*mark, len(old)+1)
	maps.Copy(marks, old)
	m := &mark{}
	m.state.Store(used)
	marks[strings.Clone(id)] = m // it may be part of a credential, which nobody should keep
	s.marks.Store(&marks)
	r.kept.Add(int64(len(marks) - len(old)))
	select {
	case r.first <- struct{}{}:
	default: // a write is due already
	}
}

// forget drops tokens that have not been used for long.
func (r *Recorder) forget(s *shard, idle []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	marks := maps.Clone(s.load())
	before := len(marks)
	for _, id := range idle {
		if marks[id].state.CompareAndSwap(seen, forgotten) {
			delete(marks, id)
		}
	}
	s.marks.Store(&marks)
	r.kept.Add(int64(len(marks) - before))
}
