// Package load keeps a fleet busy: changes are asked for at every gate, and every
// gate is asked about tokens, while a model listens.
package load

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/faults/internal/model"
)

const (
	writersPerGate = 2
	writePause     = 60 * time.Millisecond // between two changes of one writer
	checkPause     = 4 * time.Millisecond
)

// Load is what goes on until [Load.Stop].
type Load struct {
	fleet *fleet.Fleet
	model *model.Model
	stop  context.CancelFunc
	done  sync.WaitGroup

	watches [fleet.Size]watch
}

// Start begins to load a fleet. The seed decides what is asked for.
func Start(ctx context.Context, f *fleet.Fleet, m *model.Model, seed uint64) *Load {
	ctx, stop := context.WithCancel(ctx)
	l := &Load{fleet: f, model: m, stop: stop}
	for node := range f.Gates {
		for i := range writersPerGate {
			w := writer{load: l, node: node, random: rand.New(rand.NewPCG(seed, uint64(node*writersPerGate+i)))}
			l.done.Go(func() { w.run(ctx) })
		}
		c := checker{load: l, node: node, random: rand.New(rand.NewPCG(seed, uint64(1000+node)))}
		l.done.Go(func() { c.run(ctx) })
	}
	return l
}

// Stop lets every request that is under way end, and no other begin.
func (l *Load) Stop() {
	l.stop()
	l.done.Wait()
}

// Delays are the times from the acknowledgement of a change to its showing at a
// gate, one for each change and gate where it was seen to.
func (l *Load) Delays() []time.Duration {
	var all []time.Duration
	for i := range l.watches {
		all = append(all, l.watches[i].seen()...)
	}
	return all
}

// pause waits for a short time, and reports whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
