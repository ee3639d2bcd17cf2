package revocation

import (
	"hash/maphash"
	"iter"
	"maps"
	"sync"
	"sync/atomic"
)

const cowShards = 4096

// cowMap is a copy-on-write map whose readers take no lock: it is split into shards,
// each a map that is never changed but replaced by a changed copy. A write costs a
// copy of one shard. Values are joined, never overwritten.
type cowMap[K comparable, V any] struct {
	join   func(old, added V) V
	seed   maphash.Seed
	mu     sync.Mutex // held by writers
	shards [cowShards]atomic.Pointer[map[K]V]
	size   atomic.Int64
}

// newCowMap makes an empty map. join must be commutative, associative and idempotent.
func newCowMap[K comparable, V any](join func(old, added V) V) *cowMap[K, V] {
	return &cowMap[K, V]{join: join, seed: maphash.MakeSeed()}
}

func (m *cowMap[K, V]) index(key K) uint64 {
	return maphash.Comparable(m.seed, key) % cowShards
}

func (m *cowMap[K, V]) get(key K) (V, bool) {
	value, ok := m.load(m.index(key))[key]
	return value, ok
}

func (m *cowMap[K, V]) len() int { return int(m.size.Load()) }

// merge joins added into the map, copying every shard it touches once.
func (m *cowMap[K, V]) merge(added map[K]V) {
	byShard := make(map[uint64][]K)
	for key := range added {
		i := m.index(key)
		byShard[i] = append(byShard[i], key)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, keys := range byShard {
		old := m.load(i)
		shard := make(map[K]V, len(old)+len(keys))
		maps.Copy(shard, old)
		for _, key := range keys {
			value := added[key]
			if known, ok := shard[key]; ok {
				value = m.join(known, value)
			}
			shard[key] = value
		}
		m.store(i, shard)
	}
}

// replace puts what keep returns in the place of every value, or drops it.
func (m *cowMap[K, V]) replace(keep func(K, V) (V, bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range uint64(cowShards) {
		old := m.load(i)
		if len(old) == 0 {
			continue
		}
		shard := make(map[K]V, len(old))
		for key, value := range old {
			if kept, ok := keep(key, value); ok {
				shard[key] = kept
			}
		}
		m.store(i, shard)
	}
}

// all yields everything there was at some time during the iteration.
func (m *cowMap[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for i := range uint64(cowShards) {
			for key, value := range m.load(i) {
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

func (m *cowMap[K, V]) load(i uint64) map[K]V {
	if shard := m.shards[i].Load(); shard != nil {
		return *shard
	}
	return nil
}

func (m *cowMap[K, V]) store(i uint64, shard map[K]V) {
	m.size.Add(int64(len(shard) - len(m.load(i))))
	m.shards[i].Store(&shard)
}
