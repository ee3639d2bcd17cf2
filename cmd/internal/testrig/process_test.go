package testrig

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startShell runs a shell script as if it were a server.
func startShell(t *testing.T, script string) *Process {
	t.Helper()
	p, err := start(Command{Path: "sh", Args: []string{"-c", script}, Log: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill() })
	return p
}

// awaitLog waits until the process has written text.
func awaitLog(t *testing.T, p *Process, text string) {
	t.Helper()
	err := Await(t.Context(), text, 10*time.Second, func(context.Context) error {
		if strings.Contains(p.Log(), text) {
			return nil
		}
		return errors.New(p.Log())
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStopLetsTheProcessCleanUp(t *testing.T) {
	p := startShell(t, `trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done`)
	awaitLog(t, p, "ready")
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Log(), "bye") {
		t.Errorf("log %q: the process was not asked to end", p.Log())
	}
}

func TestKillDoesNotAsk(t *testing.T) {
	p := startShell(t, `trap 'echo bye' TERM INT HUP; echo ready; while :; do sleep 0.02; done`)
	awaitLog(t, p, "ready")
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.Log(), "bye") {
		t.Error("the process heard of its end")
	}
}

func TestEndingWhatHasEndedIsNoError(t *testing.T) {
	p := startShell(t, `exit 3`)
	<-p.Exited()
	for name, end := range map[string]func() error{"stop": p.Stop, "kill": p.Kill} {
		if err := end(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAwaitingAProcessEndsWithIt(t *testing.T) {
	p := startShell(t, `echo "no such option" >&2; exit 1`)
	err := p.await(t.Context(), "a server", func(context.Context) error { return errors.New("refused") })
	if err == nil || !strings.Contains(err.Error(), "no such option") {
		t.Errorf("error %v does not show the log", err)
	}
}

func TestAwaitSaysWhatItWaitedFor(t *testing.T) {
	last := errors.New("still closed")
	err := Await(t.Context(), "the door", 50*time.Millisecond, func(context.Context) error { return last })
	if !errors.Is(err, last) || !strings.Contains(err.Error(), "the door") {
		t.Errorf("error %v", err)
	}
}

func TestFreeAddressesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		address, err := FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		if seen[address] {
			t.Fatalf("%s was given out twice", address)
		}
		seen[address] = true
	}
}
