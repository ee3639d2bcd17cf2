package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/faults/internal/model"
	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// awhile lets the load go on.
func awhile(d time.Duration) step {
	return step{"a while", func(ctx context.Context, s *stage) error {
		if s.load == nil {
			s.startLoad(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}}
}

// rest ends the load, so that nothing changes until it goes on for a while.
var rest = step{"the load rests", func(_ context.Context, s *stage) error {
	s.stopLoad()
	return nil
}}

// at makes a step of what is done to one gate.
func at(w who, name string, do func(context.Context, *stage, *fleet.Gate, int) error) step {
	return step{name, func(ctx context.Context, s *stage) error {
		gate, node := s.gate(w)
		return do(ctx, s, gate, node)
	}}
}

func kill(w who) step {
	return at(w, "a gate is killed", func(_ context.Context, s *stage, g *fleet.Gate, node int) error {
		err := g.Kill()
		s.model.Killed(node)
		return err
	})
}

// stop asks a gate to end, so that it can write what it knows.
func stop(w who) step {
	return at(w, "a gate is stopped", func(_ context.Context, _ *stage, g *fleet.Gate, _ int) error { return g.Stop() })
}

func start(w who) step {
	return at(w, "a gate starts", func(ctx context.Context, _ *stage, g *fleet.Gate, _ int) error { return g.Restart(ctx) })
}

func freeze(w who) step {
	return at(w, "a gate is frozen", func(_ context.Context, s *stage, g *fleet.Gate, node int) error {
		defer s.model.Isolated(node)
		return g.Pause()
	})
}

func thaw(w who) step {
	return at(w, "a gate goes on", func(_ context.Context, s *stage, g *fleet.Gate, node int) error {
		s.model.Reunited(node)
		return g.Resume()
	})
}

// reload gives a gate its configuration again; that must work at any time.
func reload(w who) step {
	return at(w, "a gate reloads", func(ctx context.Context, _ *stage, g *fleet.Gate, _ int) error { return g.Reload(ctx, "") })
}

// disturb changes the link between a gate and Redis.
func disturb(w who, d testrig.Disturbance) step {
	return at(w, "a link is disturbed", func(_ context.Context, _ *stage, g *fleet.Gate, _ int) error {
		g.Link.Disturb(d)
		return nil
	})
}

// cut parts a gate from Redis: packets are lost both ways.
func cut(w who) step {
	return at(w, "a gate is cut off", func(_ context.Context, s *stage, g *fleet.Gate, node int) error {
		g.Link.Disturb(testrig.Disturbance{HoldRequests: true, HoldReplies: true})
		s.model.Isolated(node)
		return nil
	})
}

func mend(w who) step {
	return at(w, "a link is mended", func(_ context.Context, s *stage, g *fleet.Gate, node int) error {
		s.model.Reunited(node)
		g.Link.Disturb(testrig.Disturbance{})
		return nil
	})
}

// everyone does the same to all gates, one after the other.
func everyone(part func(who) step) step {
	return step{part(one).name + ", each", func(ctx context.Context, s *stage) error {
		for _, w := range []who{one, another, third} {
			if err := part(w).do(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}}
}

// abstains waits until a gate that has learnt nothing for too long says so, about a
// token that would pass elsewhere.
func abstains(w who) step { return says(w, model.Undecided) }

// goesOn waits until a gate says that a valid token is valid, whatever else is wrong.
func goesOn(w who) step { return says(w, model.Passed) }

func says(w who, verdict model.Verdict) step {
	name := fmt.Sprintf("a gate says %q of a valid token", verdict)
	return at(w, name, func(ctx context.Context, s *stage, g *fleet.Gate, node int) error {
		last := model.Silent
		err := testrig.Await(ctx, "an answer", s.patience, func(context.Context) error {
			a := g.Check(ctx, node, s.still)
			s.model.Judge(s.still, a)
			if last = a.Verdict; last != verdict && len(s.model.Violations()) == 0 {
				return errWrongAnswer
			}
			return nil
		})
		if errors.Is(err, errWrongAnswer) {
			s.model.Violate("gate %d still says %q after %s, not %q", node+1, last, s.patience, verdict)
			return nil
		}
		return err
	})
}

var errWrongAnswer = errors.New("the answer is another")

// mintStill replaces the token that nobody takes back by one of a certain gate.
func mintStill(w who) step {
	return at(w, "a gate mints", func(ctx context.Context, s *stage, _ *fleet.Gate, node int) error { return s.mintStill(ctx, node) })
}

// setClock makes the clock of a running gate wrong; 0 puts it right.
func setClock(w who, wrong time.Duration) step {
	return at(w, "a clock jumps", func(ctx context.Context, s *stage, g *fleet.Gate, node int) error {
		s.model.ClockTurns(node)
		if err := g.SetClock(wrong); err != nil {
			return err
		}
		defer s.model.ClockTurned(node, wrong)
		return g.AwaitClock(ctx, wrong)
	})
}

// startWithClock starts a gate whose clock was put right, or made wrong, meanwhile.
func startWithClock(w who, wrong time.Duration) step {
	return at(w, "a gate starts with another clock", func(ctx context.Context, s *stage, g *fleet.Gate, node int) error {
		if err := g.SetClock(wrong); err != nil {
			return err
		}
		s.model.ClockTurned(node, wrong)
		return g.Restart(ctx)
	})
}
