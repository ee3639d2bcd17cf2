package load

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/model"
)

const (
	// watched is how many tokens of a rotation are watched.
	watched = 3
	// recent is how many of the newest tokens are asked about most.
	recent = 50
)

// checker asks one gate about tokens: those that must soon be refused there, and
// others in between.
type checker struct {
	load   *Load
	node   int
	random *rand.Rand
}

func (c *checker) run(ctx context.Context) {
	for pause(ctx, checkPause) {
		if t, since, ok := c.load.watches[c.node].next(); ok {
			if a := c.check(ctx, t); a.Verdict == model.Refused {
				c.load.watches[c.node].saw(t, a.Answered.Sub(since))
			}
		}
		if t := c.draw(); t != nil {
			c.check(ctx, t)
		}
	}
}

func (c *checker) check(ctx context.Context, t *model.Token) model.Answer {
	a := c.load.fleet.Gates[c.node].Check(ctx, c.node, t)
	c.load.model.Judge(t, a)
	return a
}

func (c *checker) draw() *model.Token {
	tokens := c.load.model.Tokens()
	if n := len(tokens); n > recent && c.random.IntN(2) == 0 {
		tokens = tokens[n-recent:]
	}
	if len(tokens) == 0 {
		return nil
	}
	return tokens[c.random.IntN(len(tokens))]
}

// watch are the tokens that a gate must soon refuse.
type watch struct {
	mu      sync.Mutex
	pending []pending
	delays  []time.Duration
}

type pending struct {
	token *model.Token
	since time.Time
}

// watch has every gate asked about tokens until it refuses them.
func (l *Load) watch(tokens []*model.Token, c *model.Change) {
	for i := range l.watches {
		l.watches[i].add(tokens, c.Acknowledged())
	}
}

func (w *watch) add(tokens []*model.Token, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range tokens {
		w.pending = append(w.pending, pending{t, since})
	}
}

// next gives one of the tokens, each in its turn.
func (w *watch) next() (t *model.Token, since time.Time, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) == 0 {
		return nil, time.Time{}, false
	}
	first := w.pending[0]
	w.pending = append(w.pending[1:], first)
	return first.token, first.since, true
}

// saw notes that t, which next gave last, is refused.
func (w *watch) saw(t *model.Token, delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, p := range w.pending {
		if p.token == t {
			w.pending = append(w.pending[:i], w.pending[i+1:]...)
			w.delays = append(w.delays, delay)
			return
		}
	}
}

func (w *watch) seen() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.delays
}
