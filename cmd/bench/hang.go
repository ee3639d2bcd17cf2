package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// measureHang compares checked requests while Redis answers with the same while it
// hangs: its process is stopped (SIGSTOP), so that connections stay open and nothing
// comes back.
func (b *bench) measureHang(ctx context.Context) ([]section, error) {
	fleet, redis, stop, err := b.startFleet(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer stop()
	s := fleet[0]
	jwt, err := s.mintJWT(ctx, "full-access")
	if err != nil {
		return nil, err
	}
	opaque, err := s.mintOpaque(ctx)
	if err != nil {
		return nil, err
	}
	result := section{
		title: "While Redis hangs",
		about: fmt.Sprintf("%d pairs of %s in turns: the same load on `respond`, with tokens seen before, while Redis answers and while its process "+
			"is stopped (SIGSTOP). Times are of one request under full load, in milliseconds.", b.pairs, b.span),
		columns: []string{"what", "p50, Redis answers", "p50, it hangs", "p99, Redis answers", "p99, it hangs", "rate kept"},
	}
	for _, kind := range []struct{ name, credential string }{{"JWT", jwt.JWT}, {"opaque token", opaque.Token}} {
		row, err := b.compareHung(ctx, s, redis, load{s.Answer.checked(), selectOne, []string{kind.credential}})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.name, err)
		}
		result.rows = append(result.rows, append([]string{kind.name}, row...))
	}
	return []section{result}, nil
}

// compareHung measures pairs of a load, and gives the cells of a row.
func (b *bench) compareHung(ctx context.Context, s *site, redis *testrig.Redis, l load) ([]string, error) {
	if _, err := b.runWrk(ctx, l, b.span); err != nil { // warms up
		return nil, err
	}
	var p50, p99, rates [2]sample // while Redis answers, and while it hangs
	for i := range b.pairs {
		for turn := range 2 {
			side := (i + turn) % 2
			measure := b.measureLoad
			if side == 1 {
				measure = b.measureHung(redis)
			}
			got, err := measure(ctx, s.gate, l, b.span)
			if err != nil {
				return nil, err
			}
			p50[side], p99[side] = append(p50[side], got.P50/1000), append(p99[side], got.P99/1000)
			rates[side] = append(rates[side], got.rate())
		}
	}
	return []string{
		p50[0].spread("%.2f"), p50[1].spread("%.2f"), p99[0].spread("%.2f"), p99[1].spread("%.2f"), rates[1].by(rates[0]).spread("%.3f"),
	}, nil
}

// measureHung is measureLoad while Redis hangs.
func (b *bench) measureHung(redis *testrig.Redis) func(context.Context, *testrig.Gate, load, time.Duration) (cost, error) {
	return func(ctx context.Context, gate *testrig.Gate, l load, span time.Duration) (got cost, err error) {
		if err := redis.Pause(); err != nil {
			return got, err
		}
		defer func() { err = errors.Join(err, redis.Resume()) }()
		return b.measureLoad(ctx, gate, l, span)
	}
}
