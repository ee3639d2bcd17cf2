package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
)

var bodySizes = []struct {
	name  string
	bytes int
}{{"10 kB", 10_000}, {"1 MB", 1_000_000}, {"10 MB", 10_000_000}}

// measureLarge streams bodies of a full-access token, which nothing may collect.
func (b *bench) measureLarge(ctx context.Context) ([]section, error) {
	if runtime.GOOS != "linux" {
		return nil, nil // where the memory of a process cannot be read
	}
	s, full, _, err := b.startDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	direct, err := s.shownToSqld(full.JWT)(ctx, 1)
	if err != nil {
		return nil, err
	}
	rounds := max(1, b.requests/10)
	result := section{
		title: "A large pipeline of a full-access token",
		about: fmt.Sprintf("%d pairs, one request at a time, with one argument that fills the body. Memory is the most that the gate "+
			"had resident while %d more such requests passed. Quartiles in parentheses.", rounds, rounds),
		columns: []string{"body", "no check, ms", "checked, ms", "checked / no check", "memory, no check", "memory, checked"},
	}
	for _, size := range bodySizes {
		body := pipeline(`{"type":"execute","stmt":{"sql":"SELECT length(?)","args":[{"type":"text","value":"` + strings.Repeat("x", size.bytes) + `"}]}}`)
		bare := sending(func(i int) call { return call{"POST", s.Database.bare(i) + "/v2/pipeline", direct[0], body} })
		checked := sending(func(int) call { return call{"POST", s.Database.checked() + "/v2/pipeline", full.JWT, body} })
		took, err := alternately(ctx, rounds, bare, checked)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", size.name, err)
		}
		row := []string{size.name, took[0].quartiles("%.2f"), took[1].quartiles("%.2f"), took[1].by(took[0]).quartiles("%.3f")}
		for _, side := range []timed{bare, checked} {
			peak, err := s.peakDuring(ctx, rounds, side)
			if err != nil {
				return nil, err
			}
			row = append(row, fmt.Sprintf("%.0f MB", float64(peak)/1e6))
		}
		result.rows = append(result.rows, row)
	}
	return []section{result}, nil
}

// peakDuring is the most memory of the gate, in bytes, while it does something.
func (s *site) peakDuring(ctx context.Context, times int, do timed) (uint64, error) {
	if err := resetPeak(s.gate.PID()); err != nil {
		return 0, err
	}
	for i := range times {
		if _, err := do(ctx, i); err != nil {
			return 0, err
		}
	}
	return peakMemory(s.gate.PID())
}
