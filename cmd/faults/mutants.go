package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/overlay"
)

// mutant is a gate with one rule switched off, and the scenario that notices it.
type mutant struct {
	name     string
	rule     string
	scenario string
	edits    []overlay.Edit
}

// tries is how often a scenario may overlook a mutant by chance.
const tries = 3

// runMutants breaks one rule after the other. One that nobody notices is an error.
func runMutants(ctx context.Context, chosen *regexp.Regexp, seed uint64) (err error) {
	if !slices.ContainsFunc(mutants, func(m mutant) bool { return chosen.MatchString(m.name) }) {
		return fmt.Errorf("no mutant is called %s", chosen)
	}
	w := &workshop{}
	defer func() { err = errors.Join(err, w.clean()) }()
	fmt.Printf("seed %d\n%-18s %-18s %6s  %s\n", seed, "mutant", "scenario", "took", "noticed by")
	var failed error
	for _, m := range mutants {
		if !chosen.MatchString(m.name) {
			continue
		}
		began := time.Now()
		noticed, err := m.hunt(ctx, w, seed)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s (%s): %w", m.name, m.rule, err))
			noticed = "NOBODY"
		}
		fmt.Printf("%-18s %-18s %5.0fs  %s\n", m.name, m.scenario, time.Since(began).Seconds(), noticed)
	}
	return failed
}

// hunt gives the first broken promise.
func (m mutant) hunt(ctx context.Context, w *workshop, seed uint64) (noticed string, err error) {
	sc, ok := find(m.scenario)
	if !ok {
		return "", fmt.Errorf("there is no scenario %q", m.scenario)
	}
	binary, err := w.build(ctx, sc, m.edits...)
	if err != nil {
		return "", err
	}
	for try := range uint64(tries) {
		r, err := play(ctx, sc, binary, seed+try, shortPatience)
		if violated, ok := errors.AsType[violation](err); ok {
			return violated.first(), os.RemoveAll(r.logs)
		}
		if err != nil {
			return "", fmt.Errorf("%w (logs are in %s)", err, r.logs)
		}
	}
	return "", errors.New("no promise was broken")
}

// first is the first sentence of the first broken promise.
func (v violation) first() string {
	sentence, _, _ := strings.Cut(v[0], ": ")
	return sentence
}
