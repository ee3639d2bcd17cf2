package main

import (
	"context"
	"fmt"
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
// all give the same. The load rests meanwhile.
var allRight = step{"every answer is right", func(ctx context.Context, s *stage) error {
	healed := time.Now()
	s.stopLoad()
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	var gates sync.WaitGroup
	var answers [fleet.Size][]model.Answer
	var times [fleet.Size][]time.Duration
	tokens := s.model.Tokens()
	for node := range s.fleet.Gates {
		gates.Go(func() { answers[node], times[node] = s.awaitRight(ctx, node, tokens, healed) })
	}
	gates.Wait()
	for _, t := range times {
		s.healed = append(s.healed, t...)
	}
	s.agree(ctx, tokens, answers)
	if len(s.model.Violations()) == 0 {
		s.model.Settled()
	}
	return nil
}}

// awaitRight asks a gate about all tokens, again and again about those where it is
// wrong, and gives the last answers and how long after healed each was right.
func (s *stage) awaitRight(ctx context.Context, node int, tokens []*model.Token, healed time.Time) ([]model.Answer, []time.Duration) {
	answers := make([]model.Answer, len(tokens))
	times := make([]time.Duration, len(tokens))
	wrong := make([]int, len(tokens))
	for i := range tokens {
		wrong[i] = i
	}
	for len(wrong) > 0 && ctx.Err() == nil {
		var still []int
		for _, i := range wrong {
			a := s.fleet.Gates[node].Check(ctx, node, tokens[i])
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
func (s *stage) agree(ctx context.Context, tokens []*model.Token, answers [fleet.Size][]model.Answer) {
	for i, t := range tokens {
		verdicts := [fleet.Size]model.Verdict{}
		for node := range verdicts {
			verdicts[node] = answers[node][i].Verdict
		}
		for !same(verdicts) && s.model.MustAgree(t) {
			if ctx.Err() != nil {
				s.model.Violate("the gates do not agree after %s, but say %v: %s", s.patience, fmt.Sprint(verdicts), s.model.Describe(t))
				break
			}
			for node := range verdicts {
				a := s.fleet.Gates[node].Check(ctx, node, t)
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

func same(verdicts [fleet.Size]model.Verdict) bool {
	for _, v := range verdicts {
		if v != verdicts[0] {
			return false
		}
	}
	return true
}
