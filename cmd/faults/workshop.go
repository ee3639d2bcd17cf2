package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/faults/internal/overlay"
)

// workshop builds the gates that scenarios need.
type workshop struct {
	plain string // the gate that is put to the test
	clock string // the same with a clock that can be moved; empty until it is needed
	dirs  []string
}

// gate is the binary for a scenario.
func (w *workshop) gate(ctx context.Context, sc scenario) (binary string, err error) {
	switch {
	case sc.skew == 0:
		return w.plain, nil
	case w.clock == "":
		fmt.Println("building a gate whose clock can be moved: the first time, that takes minutes")
		w.clock, err = w.build(ctx, sc)
	}
	return w.clock, err
}

// build compiles a gate for a scenario, with edits.
func (w *workshop) build(ctx context.Context, sc scenario, edits ...overlay.Edit) (string, error) {
	if sc.skew > 0 {
		clock, err := overlay.Clock(ctx, fleet.ClockVariable)
		if err != nil {
			return "", err
		}
		edits = append(edits, clock...)
	}
	binary, dir, err := overlay.Build(ctx, edits...)
	w.dirs = append(w.dirs, dir)
	return binary, err
}

// clean removes what was built.
func (w *workshop) clean() error {
	var errs []error
	for _, dir := range w.dirs {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}
