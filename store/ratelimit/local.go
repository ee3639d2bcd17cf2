package ratelimit

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	shardCount = 64
	// maxKeys bounds what a shard remembers.
	maxKeys = 2048
	// glances is how many keys are looked at for one that may be forgotten.
	glances = 8
)

// local keeps the times of many keys in bounded memory.
type local struct {
	seed   maphash.Seed
	shards [shardCount]shard
}

// shard holds when the quota of each key is whole, in microseconds since 1970.
type shard struct {
	mu   sync.Mutex
	tats map[string]int64
	// crowd is shared by all keys that find no place. Forgetting another in their
	// favour would let whoever can invent keys wash away his own.
	crowd int64
}

func newLocal() *local { return &local{seed: maphash.MakeSeed()} }

func (l *local) shard(key string) *shard {
	return &l.shards[maphash.String(l.seed, key)%shardCount]
}

// allow decides about one request.
func (l *local) allow(key string, rate Rate, now time.Time) Decision {
	s, micro := l.shard(key), now.UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	tat, known := s.tats[key]
	known = known || s.makeRoom(micro)
	if !known {
		tat = s.crowd
	}
	next, allowed := rate.take(tat, micro)
	if known {
		s.tats[key] = next
	} else {
		s.crowd = next
	}
	d := rate.decision(allowed, next-micro)
	d.Local = true
	return d
}

// raise notes that a key is at least so far ahead.
func (l *local) raise(key string, ahead time.Duration, now time.Time) {
	s, micro := l.shard(key), now.UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	if tat, known := s.tats[key]; known || s.makeRoom(micro) {
		s.tats[key] = max(tat, micro+ahead.Microseconds())
	}
}

// makeRoom reports whether one more key may be remembered. It forgets keys whose
// quota is whole, of a few that the map happens to give.
func (s *shard) makeRoom(now int64) bool {
	if s.tats == nil {
		s.tats = make(map[string]int64)
	}
	if len(s.tats) < maxKeys {
		return true
	}
	looked := 0
	for key, tat := range s.tats {
		if tat <= now {
			delete(s.tats, key)
		}
		if looked++; looked == glances {
			break
		}
	}
	return len(s.tats) < maxKeys
}
