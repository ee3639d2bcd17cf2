package revocation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// fleet is two nodes on one store, and what was acknowledged to their callers.
type fleet struct {
	t      *testing.T
	store  *store.Store
	nodes  []*node
	clock  time.Time
	minted []*token.Grant
	gone   map[string]error // id to why it must be refused
	unsure map[string]bool  // minted while the store had forgotten: may be refused
	forgot bool
}

func newFleet(t *testing.T, s *store.Store) *fleet {
	f := &fleet{
		t: t, store: s, nodes: []*node{newNode(s), newNode(s)}, clock: time.Now(),
		gone: map[string]error{}, unsure: map[string]bool{},
	}
	for _, n := range f.nodes {
		n.Registry.now = func() time.Time {
			f.clock = f.clock.Add(time.Millisecond)
			return f.clock
		}
	}
	return f
}

func (f *fleet) drawNode(r *rapid.T) *node { return rapid.SampledFrom(f.nodes).Draw(r, "node") }

func (f *fleet) mint(r *rapid.T) {
	g := f.drawNode(r).mint(f.t, drawSubject().Draw(r, "subject"), fmt.Sprintf("t%d", len(f.minted)))
	f.minted = append(f.minted, g)
	f.unsure[g.ID] = f.forgot
}

func (f *fleet) revoke(r *rapid.T) {
	if len(f.minted) == 0 {
		return
	}
	g := rapid.SampledFrom(f.minted).Draw(r, "token")
	must(f.t, f.drawNode(r).Revoke(f.t.Context(), Entry{ID: g.ID}))
	f.gone[g.ID] = ErrRevoked
}

func (f *fleet) rotate(r *rapid.T) {
	rotation := Rotation{Subjects: []token.Subject{drawSubject().Draw(r, "subject")}}
	for _, g := range f.minted {
		if rapid.IntRange(0, 3).Draw(r, "keep") == 0 {
			rotation.Keep = append(rotation.Keep, g.ID)
		}
	}
	must(f.t, f.drawNode(r).Rotate(f.t.Context(), rotation))
	for _, g := range f.minted {
		if g.Subject() == rotation.Subjects[0] && !slices.Contains(rotation.Keep, g.ID) && f.gone[g.ID] == nil {
			f.gone[g.ID] = ErrRotated
		}
	}
}

func (f *fleet) forget(*rapid.T) {
	wipe(f.t, f.store)
	f.forgot = true
}

func (f *fleet) syncOne(r *rapid.T) { f.drawNode(r).sync(f.t) }

// syncAll syncs every node twice, so that each hears what the other repaired.
func (f *fleet) syncAll(*rapid.T) {
	for _, n := range slices.Concat(f.nodes, f.nodes) {
		n.sync(f.t)
	}
	f.forgot = false
}

func (f *fleet) check(r *rapid.T) {
	for i, n := range append(f.nodes, newNode(f.store)) {
		n.sync(f.t)
		for _, g := range f.minted {
			want, got := f.gone[g.ID], n.Judge(g, time.Now())
			if got != want && (want != nil || !f.unsure[g.ID]) {
				r.Errorf("node %d: Judge(%s of %s) = %v, want %v", i, g.ID, g.Subject(), got, want)
			}
		}
	}
}

func TestWhatWasAcknowledgedHoldsOnEveryNodeThroughEveryLoss(t *testing.T) {
	redis := miniStore(t).Redis()
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		f := newFleet(t, store.New(redis, fmt.Sprintf("run%d:", runs)))
		f.syncAll(r)
		actions := []func(*rapid.T){f.mint, f.mint, f.mint, f.revoke, f.rotate, f.rotate, f.syncOne, f.syncAll, f.forget}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			actions[rapid.IntRange(0, len(actions)-1).Draw(r, "action")](r)
		}
		f.syncAll(r)
		f.check(r)
	})
}
