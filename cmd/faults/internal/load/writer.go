package load

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/faults/internal/model"
)

const (
	shortLife = 2 * time.Second // of tokens that expire
	grace     = 3 * time.Second
)

// writer asks one gate for changes.
type writer struct {
	load   *Load
	node   int
	random *rand.Rand
}

func (w *writer) run(ctx context.Context) {
	for pause(ctx, time.Duration(w.random.Int64N(int64(2*writePause)))) {
		w.act(context.WithoutCancel(ctx))
	}
}

// act asks for one change. More is minted than taken back, and rotations, which
// take back many, are rare.
func (w *writer) act(ctx context.Context) {
	switch n := w.random.IntN(100); {
	case n < 45:
		w.mint(ctx, w.subject(), 0)
	case n < 49:
		w.mint(ctx, w.subject(), shortLife)
	case n < 59:
		w.mintOpaque(ctx)
	case n < 94:
		w.revoke(ctx)
	case n < 99:
		w.rotate(ctx, w.draw(fleet.Rotated))
	default:
		w.rotate(ctx, fleet.Group)
	}
}

// subject draws one that a token is minted for.
func (w *writer) subject() string { return w.draw(fleet.Subjects) }

func (w *writer) draw(names []string) string { return names[w.random.IntN(len(names))] }

func (w *writer) gate() *fleet.Gate { return w.load.fleet.Gates[w.node] }

func (w *writer) mint(ctx context.Context, subject string, lifetime time.Duration) {
	asked := time.Now()
	if t, err := w.gate().Mint(ctx, subject, lifetime); err == nil {
		w.load.model.Minted(t, w.node, asked, time.Now())
	}
}

func (w *writer) mintOpaque(ctx context.Context) {
	asked := time.Now()
	if t, err := w.gate().MintOpaque(ctx); err == nil {
		w.load.model.Minted(t, w.node, asked, time.Now())
	}
}

func (w *writer) revoke(ctx context.Context) {
	usable := slices.DeleteFunc(w.load.model.Usable(), func(t *model.Token) bool { return t.Subject == fleet.Still })
	if len(usable) == 0 {
		return
	}
	t := usable[w.random.IntN(len(usable))]
	w.change(&model.Change{Node: w.node, Revoked: t}, func() (model.Outcome, error) {
		return w.gate().Revoke(ctx, t, w.random.IntN(2) == 0)
	})
}

// rotate retires a subject: at once or after a grace, with two exceptions or none.
func (w *writer) rotate(ctx context.Context, subject string) {
	c := &model.Change{Node: w.node, Subjects: fleet.Retired(subject)}
	if w.random.IntN(4) == 0 {
		c.Grace = grace
	}
	if w.random.IntN(2) == 0 {
		c.Keep = w.load.model.Newest(c.Subjects, 2)
	}
	w.change(c, func() (model.Outcome, error) { return w.gate().Rotate(ctx, subject, c.Keep, c.Grace) })
}

func (w *writer) change(c *model.Change, ask func() (model.Outcome, error)) {
	w.load.model.Asking(c)
	outcome, err := ask()
	w.load.model.Answered(c, outcome)
	switch {
	case err != nil:
		w.load.model.Violate("%v", err)
	case outcome == model.Acknowledged && c.Grace == 0:
		w.load.watch(w.load.model.Retired(c, watched), c)
	}
}
