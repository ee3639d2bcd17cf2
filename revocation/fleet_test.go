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

// fleet is two nodes on one store, whose clocks disagree by up to a minute, and
// what was acknowledged to their callers.
type fleet struct {
	t      *testing.T
	store  *store.Store
	dir    string // of the durable copies
	nodes  []*node
	skews  []time.Duration
	clock  time.Time
	minted []*token.Grant
	gone   map[string]error // id to why it must be refused
	unsure map[string]bool  // minted while the store had forgotten: may be refused
	forgot bool
	dump   dump
}

func newFleet(t *testing.T, r *rapid.T, s *store.Store) *fleet {
	f := &fleet{
		t: t, store: s, nodes: make([]*node, 2), clock: time.Now(), dir: t.TempDir(),
		gone: map[string]error{}, unsure: map[string]bool{},
	}
	for i := range f.nodes {
		f.skews = append(f.skews, time.Duration(rapid.IntRange(-60, 60).Draw(r, "skew"))*time.Second)
		f.start(i)
	}
	f.dump = takeDump(t, s)
	return f
}

// start starts a node, from its durable copy if it has one.
func (f *fleet) start(i int) {
	n := newNode(f.store)
	n.SetMaxStaleness(time.Hour)
	n.Registry.now = f.clockOf(i)
	n.follower.now = f.clockOf(i)
	f.openCopy(n, i)
	f.nodes[i] = n
}

func (f *fleet) openCopy(n *node, i int) *Copy {
	c, err := openCopy(n.Mirror, f.dir, fmt.Sprint("node-", i), "store", n.follower.log, f.clockOf(i))
	must(f.t, err)
	return c
}

func (f *fleet) clockOf(i int) func() time.Time {
	return func() time.Time {
		f.clock = f.clock.Add(time.Millisecond)
		return f.clock.Add(f.skews[i])
	}
}

func (f *fleet) drawNode(r *rapid.T) *node { return rapid.SampledFrom(f.nodes).Draw(r, "node") }

func (f *fleet) mint(r *rapid.T) {
	g := f.drawNode(r).mint(f.t, drawSubject().Draw(r, "subject"), rapid.SampledFrom([]string{token.NewID(), fmt.Sprintf("t%d", len(f.minted))}).Draw(r, "id"))
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

// restart ends a node in good order and starts it again.
func (f *fleet) restart(r *rapid.T) {
	i := rapid.IntRange(0, len(f.nodes)-1).Draw(r, "node")
	must(f.t, f.openCopy(f.nodes[i], i).save(true))
	f.start(i)
}

func (f *fleet) restartAll(*rapid.T) {
	for i, n := range f.nodes {
		must(f.t, f.openCopy(n, i).save(true))
		f.start(i)
	}
}

func (f *fleet) takeDump(*rapid.T) { f.dump = takeDump(f.t, f.store) }

func (f *fleet) restoreDump(*rapid.T) {
	f.dump.restore(f.t, f.store)
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
	f.start(0) // a node that was away, and knows its copy only
	f.nodes = append(f.nodes, newNode(f.store))
	f.skews = append(f.skews, 0)
	for i, n := range f.nodes {
		n.sync(f.t)
		now := time.Now().Add(f.skews[i])
		for _, g := range f.minted {
			want, got := f.gone[g.ID], n.Judge(g, now)
			if got != want && (want != nil || !f.unsure[g.ID]) {
				r.Errorf("node %d: Judge(%s of %s) = %v, want %v", i, g.ID, g.Subject(), got, want)
			}
		}
	}
}

func TestWhatWasAcknowledgedHoldsOnEveryNodeThroughEveryLoss(t *testing.T) {
	t.Parallel()
	redis := miniStore(t).Redis()
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		f := newFleet(t, r, store.New(redis, fmt.Sprintf("run%d:", runs)))
		f.syncAll(r)
		actions := []func(*rapid.T){
			f.mint, f.mint, f.mint, f.revoke, f.rotate, f.rotate, f.syncOne, f.syncAll,
			f.forget, f.restart, f.restartAll, f.takeDump, f.restoreDump,
		}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			actions[rapid.IntRange(0, len(actions)-1).Draw(r, "action")](r)
		}
		f.syncAll(r)
		f.check(r)
	})
}
