package main

import (
	"context"
	"time"
)

// timed does something once and says how long it took.
type timed func(ctx context.Context, i int) (time.Duration, error)

// alternately does one and the other n times in turns, and gives how long each
// took, in milliseconds. Which comes first changes with each turn.
func alternately(ctx context.Context, n int, one, other timed) (took [2]sample, err error) {
	for i := range n {
		for turn := range 2 {
			side := (i + turn) % 2
			d, err := []timed{one, other}[side](ctx, i)
			if err != nil {
				return took, err
			}
			took[side] = append(took[side], milliseconds(d))
		}
	}
	return took, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// sending is a timed request, made of its number, that must succeed.
func sending(make func(i int) call) timed {
	return func(ctx context.Context, i int) (time.Duration, error) {
		a, err := make(i).do(ctx)
		return a.took, err
	}
}
