package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/faults/internal/load"
	"github.com/sekisho-project/sekisho/cmd/faults/internal/model"
)

// scenario is a story of what goes wrong, while the load goes on.
type scenario struct {
	name  string
	story string
	kind  fleet.Kind
	// staleness is the gates' max_staleness; an hour when zero.
	staleness time.Duration
	short     bool // one of the few that `make test` plays
	// skew is how far clocks will be moved; the gates are built for it.
	skew  time.Duration
	steps []step
}

func find(name string) (scenario, bool) {
	for _, sc := range scenarios {
		if sc.name == name {
			return sc, true
		}
	}
	return scenario{}, false
}

// step is a part of a story.
type step struct {
	name string
	do   func(context.Context, *stage) error
}

// who is a gate by its part in a story; the seed decides which gate plays it.
type who int

const (
	one who = iota
	another
	third
)

// stage is where a scenario is played.
type stage struct {
	fleet *fleet.Fleet
	model *model.Model
	load  *load.Load
	seed  uint64
	cast  []int
	dump  string
	still *model.Token // nobody takes it back

	patience time.Duration // how long a healed fleet may take

	delays []time.Duration // from acknowledgements until they showed
	healed []time.Duration // from the end of the faults until each answer was right
}

// report is what a scenario showed.
type report struct {
	logs           string // directory, kept when something failed
	tokens         int
	changes        model.Count
	delays, healed []time.Duration
	took           time.Duration
}

// violation is an error that lists the broken promises.
type violation []string

// maxShown bounds what an error says; many are of one cause.
const maxShown = 5

func (v violation) Error() string {
	return fmt.Sprintf("%d promises were broken:\n\t%s", len(v), strings.Join(v[:min(maxShown, len(v))], "\n\t"))
}

// play runs a scenario, and gives an error at the first broken promise.
func play(ctx context.Context, sc scenario, binary string, seed uint64, patience time.Duration) (_ report, err error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "sekisho-faults-")
	if err != nil {
		return report{}, err
	}
	s := &stage{seed: seed, dump: filepath.Join(dir, "dump"), patience: patience}
	s.cast = rand.New(rand.NewPCG(seed, hash(sc.name))).Perm(fleet.Size)
	staleness := sc.staleness
	if staleness == 0 {
		staleness = time.Hour
	}
	s.model = model.New(model.Rules{MaxStaleness: staleness, Skew: sc.skew})
	s.fleet, err = fleet.Start(ctx, fleet.Config{Binary: binary, Dir: dir, Kind: sc.kind, MaxStaleness: staleness})
	if err != nil {
		return report{logs: dir}, fmt.Errorf("starting: %w", err)
	}
	defer func() {
		err = errors.Join(err, s.fleet.Kill())
		if err == nil {
			err = os.RemoveAll(dir)
		}
	}()
	err = s.run(ctx, sc.steps)
	return report{
		logs: dir, tokens: len(s.model.Tokens()), changes: s.model.Count(), delays: s.delays, healed: s.healed, took: time.Since(began),
	}, err
}

func (s *stage) run(ctx context.Context, steps []step) error {
	if err := s.mintStill(ctx, 0); err != nil {
		return err
	}
	s.startLoad(ctx)
	defer s.stopLoad()
	for _, step := range append(steps, allRight) {
		if err := step.do(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if violations := s.model.Violations(); len(violations) > 0 {
			return fmt.Errorf("by the end of %q, %w", step.name, violation(violations))
		}
	}
	return nil
}

func (s *stage) mintStill(ctx context.Context, node int) (err error) {
	asked := time.Now()
	if s.still, err = s.fleet.Gates[node].Mint(ctx, fleet.Still, 0); err == nil {
		s.model.Minted(s.still, node, asked, time.Now())
	}
	return err
}

func (s *stage) startLoad(ctx context.Context) {
	s.seed++
	s.load = load.Start(ctx, s.fleet, s.model, s.seed)
}

func (s *stage) stopLoad() {
	if s.load == nil {
		return
	}
	s.load.Stop()
	s.delays = append(s.delays, s.load.Delays()...)
	s.load = nil
}

// gate is who plays a part, and its number.
func (s *stage) gate(w who) (*fleet.Gate, int) {
	node := s.cast[w]
	return s.fleet.Gates[node], node
}

func hash(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return h.Sum64()
}
