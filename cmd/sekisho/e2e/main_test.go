package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// What all tests share: paths of what is tested, and of what tests it.
var (
	binary  string // sekisho
	sqld    string // the libSQL server
	clients string // directory with the npm clients
)

func TestMain(m *testing.M) {
	if err := prepare(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func prepare(ctx context.Context) error {
	tools, err := testrig.Tools()
	if err != nil {
		return err
	}
	if binary, err = testrig.Binary(ctx); err != nil {
		return err
	}
	if sqld, err = testrig.FindOrInstallSqld(ctx, tools); err != nil {
		return err
	}
	clients, err = testrig.InstallClients(ctx, tools)
	return err
}
