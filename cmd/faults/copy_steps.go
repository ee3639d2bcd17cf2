package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// keepCopy waits until a gate has written all that it knows now to its disk.
func keepCopy(w who) step {
	return at(w, "a durable copy is written", func(ctx context.Context, s *stage, g *fleet.Gate, _ int) error {
		asked := time.Now()
		return testrig.Await(ctx, "the durable copy", s.patience, func(context.Context) error {
			written, err := g.CopyWritten()
			if err == nil && !written.After(asked) {
				err = fmt.Errorf("it is of %s ago", time.Since(written))
			}
			return err
		})
	})
}

func blockCopy(w who) step {
	return at(w, "a disk is full", func(_ context.Context, _ *stage, g *fleet.Gate, _ int) error { return g.BlockCopies() })
}

func unblockCopy(w who) step {
	return at(w, "a disk has room again", func(_ context.Context, _ *stage, g *fleet.Gate, _ int) error { return g.UnblockCopies() })
}

func loseCopy(w who) step {
	return at(w, "a durable copy is lost", func(_ context.Context, s *stage, g *fleet.Gate, node int) error {
		s.model.Blank(node)
		return g.LoseCopies()
	})
}
