package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const gates = 3

// delays are how long each of many revocations took, in milliseconds.
type delays struct {
	answered, sinceAsked, sinceAnswered, polls sample
}

func (b *bench) measureRevoke(ctx context.Context) ([]section, error) {
	fleet, _, stop, err := b.startFleet(ctx, gates)
	if err != nil {
		return nil, err
	}
	defer stop()
	var d delays
	for i := range b.revokes {
		first := i % gates
		others := []*site{fleet[(first+1)%gates], fleet[(first+2)%gates]}
		if err := d.revokeOne(ctx, fleet[first], others); err != nil {
			return nil, err
		}
	}
	return []section{{
		title: "From a revoke to the refusal on all nodes",
		about: fmt.Sprintf("%d gates on one Redis (`appendfsync always`), %d revokes, one after the other, each at the next gate. The other two are asked "+
			"without a pause whether they still take the token, each over one connection; a poll is the time between two of their answers. "+
			"Milliseconds.", gates, b.revokes),
		columns: []string{"what", "p50", "p99", "max"},
		rows: [][]string{
			percentiles("the revoke is asked for, until it is answered", d.answered),
			percentiles("the revoke is asked for, until both others refuse", d.sinceAsked),
			percentiles("the revoke is answered, until both others refuse (0: before)", d.sinceAnswered),
			percentiles("one poll", d.polls),
		},
	}}, nil
}

func percentiles(what string, s sample) []string {
	row := []string{what}
	for _, share := range []float64{0.5, 0.99, 1} {
		row = append(row, fmt.Sprintf("%.2f", s.quantile(share)))
	}
	return row
}

// revokeOne mints a token at a gate, waits until the others take it, revokes it
// and waits until they do not.
func (d *delays) revokeOne(ctx context.Context, s *site, others []*site) error {
	m, err := s.mintJWT(ctx, "full-access")
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	watches := make([]watch, len(others))
	for i, other := range others {
		watches[i] = watch{call: call{method: "GET", url: other.Answer.checked(), credential: m.JWT}, taken: make(chan struct{})}
		group.Go(func() error { return watches[i].run(groupCtx) })
	}
	for i := range watches {
		select {
		case <-watches[i].taken:
		case <-groupCtx.Done():
			return group.Wait()
		}
	}
	asked := time.Now()
	if _, err := s.revoke(ctx, databaseTokens, m.ID); err != nil {
		return err
	}
	answered := time.Now()
	if err := group.Wait(); err != nil {
		return err
	}
	refused := watches[0].refused
	for _, w := range watches {
		if w.refused.After(refused) {
			refused = w.refused
		}
		d.polls = append(d.polls, w.polls...)
	}
	d.answered = append(d.answered, milliseconds(answered.Sub(asked)))
	d.sinceAsked = append(d.sinceAsked, milliseconds(refused.Sub(asked)))
	d.sinceAnswered = append(d.sinceAnswered, milliseconds(max(0, refused.Sub(answered))))
	return nil
}

// watch asks a gate until it refuses.
type watch struct {
	call    call
	taken   chan struct{} // closed when the gate has taken the token
	refused time.Time
	polls   sample // milliseconds from each answer to the next
}

func (w *watch) run(ctx context.Context) error {
	var last time.Time
	for {
		a, err := w.call.send(ctx)
		now := time.Now()
		switch {
		case err != nil:
			return err
		case last.IsZero() && a.status == http.StatusOK:
			close(w.taken)
		case last.IsZero():
			return fmt.Errorf("a new token is refused: %d %.200s", a.status, a.body)
		default:
			w.polls = append(w.polls, milliseconds(now.Sub(last)))
		}
		if a.status == http.StatusUnauthorized {
			w.refused = now
			return nil
		}
		last = now
	}
}
