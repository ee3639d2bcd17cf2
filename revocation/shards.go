package revocation

import (
	"hash/maphash"
	"iter"
	"maps"
	"sync"
	"sync/atomic"
)

const shardCount = 4096

// shards is a map whose readers take no lock: every shard is a map that is never
// changed but replaced by a changed copy. A write costs a copy of one shard.
// Values are joined, never overwritten.
type shards[K comparable, V any] struct {
	join func(old, added V) V
	seed maphash.Seed
	mu   sync.Mutex // held by writers
	maps [shardCount]atomic.Pointer[map[K]V]
	size atomic.Int64
}

// newShards makes an empty map. join must be commutative, associative and idempotent.
func newShards[K comparable, V any](join func(old, added V) V) *shards[K, V] {
	return &shards[K, V]{join: join, seed: maphash.MakeSeed()}
}

func (s *shards[K, V]) index(key K) uint64 {
	return maphash.Comparable(s.seed, key) % shardCount
}

func (s *shards[K, V]) get(key K) (V, bool) {
	shard := s.maps[s.index(key)].Load()
	if shard == nil {
		var none V
		return none, false
	}
	value, ok := (*shard)[key]
	return value, ok
}

func (s *shards[K, V]) len() int { return int(s.size.Load()) }

// merge joins added into the map, copying every shard it touches once.
func (s *shards[K, V]) merge(added map[K]V) {
	byShard := make(map[uint64][]K)
	for key := range added {
		i := s.index(key)
		byShard[i] = append(byShard[i], key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, keys := range byShard {
		old := s.load(i)
		shard := make(map[K]V, len(old)+len(keys))
		maps.Copy(shard, old)
		for _, key := range keys {
			value := added[key]
			if known, ok := shard[key]; ok {
				value = s.join(known, value)
			}
			shard[key] = value
		}
		s.store(i, shard)
	}
}

// replace puts what keep returns in the place of every value, or drops it.
func (s *shards[K, V]) replace(keep func(K, V) (V, bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range uint64(shardCount) {
		old := s.load(i)
		if len(old) == 0 {
			continue
		}
		shard := make(map[K]V, len(old))
		for key, value := range old {
			if kept, ok := keep(key, value); ok {
				shard[key] = kept
			}
		}
		s.store(i, shard)
	}
}

// all yields everything there was at some time during the iteration.
func (s *shards[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for i := range uint64(shardCount) {
			for key, value := range s.load(i) {
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

func (s *shards[K, V]) load(i uint64) map[K]V {
	if shard := s.maps[i].Load(); shard != nil {
		return *shard
	}
	return nil
}

func (s *shards[K, V]) store(i uint64, shard map[K]V) {
	s.size.Add(int64(len(shard) - len(s.load(i))))
	s.maps[i].Store(&shard)
}
