package embedded

import (
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2"
)

// ordered answers the reads that need the order of a sorted set. miniredis keeps
// none: it sorts all members for every such read, and lets nobody else in meanwhile.
type ordered struct {
	redis *miniredis.Miniredis

	mu   sync.RWMutex // held to write by whoever changes the state, too
	sets map[string]*ranked
}

func newOrdered(redis *miniredis.Miniredis) *ordered {
	return &ordered{redis: redis, sets: map[string]*ranked{}}
}

// prepare orders a sorted set, if there is one that was never asked for.
func (o *ordered) prepare(key string) {
	o.mu.RLock()
	known := o.sets[key] != nil
	o.mu.RUnlock()
	if known {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if scores := o.scores(key); o.sets[key] == nil && len(scores) > 0 {
		o.sets[key] = newRanked(scores)
	}
}

// around runs a batch. What it may change is taken out of the order before, and
// put back as it is after.
func (o *ordered) around(b *batch, run func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := map[string][]string{} // members by key
	for _, args := range b.args {
		if args != nil {
			o.take(args, taken)
		}
	}
	err := run()
	for key, members := range taken {
		set, scores := o.sets[key], o.scores(key)
		if scores == nil {
			delete(o.sets, key)
		}
		for _, member := range members {
			if score, ok := scores[member]; ok && set != nil {
				set.insert(scored{score, member})
			}
		}
	}
	return err
}

// take takes out the members that a write names, or forgets the order of every
// set that it may change otherwise.
func (o *ordered) take(args []string, taken map[string][]string) {
	name := strings.ToLower(args[0])
	if name != "zadd" && name != "zrem" {
		for _, key := range args[1:] {
			delete(o.sets, key)
		}
		return
	}
	key := args[1]
	set, scores := o.sets[key], o.scores(key)
	if set == nil {
		return
	}
	for _, member := range args[2:] { // scores and options too: they are hardly ever members
		if score, ok := scores[member]; ok {
			set.remove(scored{score, member})
		}
		taken[key] = append(taken[key], member)
	}
}

// scores is miniredis's own map, to be read with mu held; nil when there is none.
func (o *ordered) scores(key string) map[string]float64 {
	scores, _ := o.redis.SortedSet(key)
	return scores
}
