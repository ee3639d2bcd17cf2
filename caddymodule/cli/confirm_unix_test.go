//go:build unix

package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// interrupting is a terminal at which somebody presses Ctrl-C in place of an answer.
type interrupting struct{ done <-chan struct{} }

func (i interrupting) Read([]byte) (int, error) {
	_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
	<-i.done
	return 0, os.ErrClosed
}

func TestAnInterruptIsNoYes(t *testing.T) {
	var said strings.Builder
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	c := &call{texts: textsIn("en"), cmd: cmd, err: &said}
	if got := c.answer(interrupting{t.Context().Done()}); got != "" || said.String() != "\n" {
		t.Errorf("got %q, said %q", got, said.String())
	}
}
