package revocation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// Rotate starts the next generation of every subject, all of them or none. Once
// it has returned, a token minted with a generation read from now on always
// passes it, and one minted before never does once it is effective, unless kept.
// A subject or a kept id that no token can have is [ErrInvalid].
func (r *Registry) Rotate(ctx context.Context, rotation Rotation) error {
	for _, s := range rotation.Subjects {
		if parsed, err := token.ParseSubject(s.String()); err != nil || parsed != s {
			return fmt.Errorf("%w: subject %q", ErrInvalid, s)
		}
	}
	for _, id := range rotation.Keep {
		if !token.ValidID(id) {
			return fmt.Errorf("%w: kept id %q", ErrInvalid, id)
		}
	}
	if len(rotation.Subjects) == 0 {
		return nil
	}
	generations, err := r.nextGenerations(ctx, rotation.Subjects)
	if err != nil {
		return err
	}
	e := event{at: r.now().UnixMilli()}
	effective := int64(0)
	if rotation.Effective.After(r.now()) {
		effective = rotation.Effective.UnixMilli()
	}
	keep := slices.Compact(slices.Sorted(slices.Values(rotation.Keep)))
	for s, generation := range generations {
		e.rotated = append(e.rotated, record{subject: s, generation: generation, effective: effective, keep: keep})
	}
	return r.write(ctx, e)
}

// nextGenerations numbers a new generation for every subject, before anything is
// recorded under it: a mint that reads the counter later is already in it.
//
// A number is also at least the store's time in microseconds, which no node's own
// clock moves. So a Redis that has lost its counters, with no node at hand that
// knows them, still numbers above them.
func (r *Registry) nextGenerations(ctx context.Context, subjects []token.Subject) (map[token.Subject]uint64, error) {
	now, err := r.ledger.time(ctx)
	if err != nil {
		return nil, err
	}
	floor, step := make(map[token.Subject]uint64, len(subjects)), make(map[token.Subject]uint64, len(subjects))
	for _, s := range subjects {
		floor[s], step[s] = max(r.mirror.Generation(s), uint64(now.UnixMicro())), 1
	}
	if _, err := r.ledger.raise(ctx, floor); err != nil {
		return nil, err
	}
	next, err := r.ledger.advance(ctx, step)
	if err != nil {
		return nil, err
	}
	for s, generation := range next {
		if generation <= floor[s] {
			return nil, store.Unavailable(fmt.Errorf("the generation of %s went backwards", s))
		}
	}
	return next, nil
}

// Generation is the generation in which a token for s is minted now: the highest
// that the store or the mirror knows of. A store that knows less is raised first.
func (r *Registry) Generation(ctx context.Context, s token.Subject) (uint64, error) {
	stored, err := r.ledger.generation(ctx, s)
	if err != nil {
		return 0, err
	}
	known := r.mirror.Generation(s)
	if stored > known {
		if err := r.awaitRotation(ctx, s, stored); err != nil {
			return 0, err
		}
		// A store that forgets it must not number a later rotation below it.
		r.mirror.raise(map[token.Subject]uint64{s: stored})
	}
	if stored >= known {
		return stored, nil
	}
	raised, err := r.ledger.raise(ctx, map[token.Subject]uint64{s: known})
	return max(raised[s], known), err
}

// awaitRotation waits for the rotation that has the number stored, unless that is of the
// past by the store's clock. Somebody may have written a higher one into the store for a
// moment: a token of that generation would outlive every rotation that is numbered later
// without knowing of it. Two nodes that rotate at once number so high as well, and tell.
func (r *Registry) awaitRotation(ctx context.Context, s token.Subject, stored uint64) error {
	now, err := r.ledger.time(ctx)
	if err != nil || stored <= uint64(now.UnixMicro()) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	tick := time.NewTicker(listenInterval)
	defer tick.Stop()
	for r.mirror.Generation(s) < stored {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return store.Unavailable(fmt.Errorf("the generation of %s is ahead of the store's clock, and of every rotation", s))
		}
	}
	return nil
}
