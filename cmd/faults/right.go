package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/faults/internal/model"
)

// patience is how long a healed fleet may take until every answer is right. It
// takes a few seconds; the rest is for slow machines. A broken gate gets less.
const (
	patience      = 60 * time.Second
	shortPatience = 12 * time.Second
)

// allRight waits until every gate gives the right answer about every token, and
// then also one that knows nothing and starts now: so the store has again what it
// may have forgotten. All must give the same. The load rests meanwhile.
var allRight = step{"every answer is right", func(ctx context.Context, s *stage) error {
	healed := time.Now()
	s.stopLoad()
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	tokens := s.model.Tokens()
	var asking sync.WaitGroup
	var answers [fleet.Size + 1][]model.Answer
	var times [fleet.Size][]time.Duration
	for node, gate := range s.fleet.Gates {
		asking.Go(func() { answers[node], times[node] = s.awaitRight(ctx, gate, node, tokens, healed) })
	}
	asking.Wait()
	for _, t := range times {
		s.healed = append(s.healed, t...)
	}
	if len(s.model.Violations()) > 0 {
		return nil
	}
	newcomer, err := s.fleet.Newcomer(ctx)
	if err != nil {
		return err
	}
	answers[fleet.Size], _ = s.awaitRight(ctx, newcomer, fleet.Size, tokens, healed)
	s.agree(ctx, append(s.fleet.Gates[:], newcomer), tokens, answers)
	if len(s.model.Violations()) == 0 {
		s.model.Settled()
	}
	s.model.Killed(fleet.Size)
	return newcomer.End()
}}

// awaitRight asks a gate about all tokens, again and again about those where it is
// wrong, and gives the last answers and how long after healed each was right.
func (s *stage) awaitRight(ctx context.Context, gate *fleet.Gate, node int, tokens []*model.Token, healed time.Time) ([]model.Answer, []time.Duration) {
	answers := make([]model.Answer, len(tokens))
	times := make([]time.Duration, len(tokens))
	wrong := make([]int, len(tokens))
	for i := range tokens {
		wrong[i] = i
	}
	for len(wrong) > 0 && ctx.Err() == nil {
		var still []int
		for _, i := range wrong {
			a := gate.Check(ctx, node, tokens[i])
			if ctx.Err() != nil {
				still = append(still, i) // cut short, which is no answer
				continue
			}
			answers[i] = a
			s.model.Judge(tokens[i], a)
			times[i] = time.Since(healed)
			if !s.model.Right(tokens[i], answers[i]) {
				still = append(still, i)
			}
		}
		wrong = still
		between(ctx, len(wrong) > 0)
	}
	for _, i := range wrong {
		s.model.Violate("gate %d still says %q after %s: %s", node+1, answers[i].Verdict, s.patience, s.model.Describe(tokens[i]))
	}
	return answers, times
}

// agree waits until all gates say the same about the tokens that are in doubt.
func (s *stage) agree(ctx context.Context, gates []*fleet.Gate, tokens []*model.Token, answers [fleet.Size + 1][]model.Answer) {
	for i, t := range tokens {
		verdicts := make([]model.Verdict, len(gates))
		for node := range verdicts {
			verdicts[node] = answers[node][i].Verdict
		}
		for !same(verdicts) && s.model.MustAgree(t) {
			if ctx.Err() != nil {
				s.model.Violate("the gates do not agree after %s, but say %v: %s", s.patience, fmt.Sprint(verdicts), s.model.Describe(t))
				break
			}
			for node, gate := range gates {
				a := gate.Check(ctx, node, t)
				s.model.Judge(t, a)
				verdicts[node] = a.Verdict
			}
			between(ctx, !same(verdicts))
		}
	}
}

// between rests before the next round of questions, if there is one.
func between(ctx context.Context, again bool) {
	if !again {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

func same(verdicts []model.Verdict) bool { return len(slices.Compact(slices.Clone(verdicts))) == 1 }
