package testrig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopLimit is how long a server may take to end when asked to.
const stopLimit = 10 * time.Second

// Command says how to start a server.
type Command struct {
	Path string
	Args []string
	Dir  string   // working directory; may be empty
	Env  []string // added to the environment of this process
	Log  string   // file that both outputs are appended to
}

// Process is a server that was started here. All signals go to its process id.
type Process struct {
	command Command
	cmd     *exec.Cmd
	exited  chan struct{}
}

// start runs a command until it ends or is stopped. It does not wait for readiness.
func start(command Command) (*Process, error) {
	log, err := os.OpenFile(command.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", command.Path, err)
	}
	defer log.Close()
	cmd := exec.Command(command.Path, command.Args...)
	cmd.Dir = command.Dir
	cmd.Env = append(os.Environ(), command.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", command.Path, err)
	}
	p := &Process{command: command, cmd: cmd, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		_ = cmd.Wait()
	}()
	return p, nil
}

// Exited is closed when the process has ended, whatever the cause.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop asks the process to end, and kills it if it has not after ten seconds.
// Stopping a process that has ended is no error.
func (p *Process) Stop() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(stopLimit):
		return errors.Join(fmt.Errorf("%s did not end within %s", p.command.Path, stopLimit), p.Kill())
	}
}

// Kill ends the process as a power failure would (SIGKILL), and waits for it.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.exited
	return nil
}

// Pause freezes the process: its connections stay open and nothing answers.
func (p *Process) Pause() error { return p.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) error {
	err := p.cmd.Process.Signal(s)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %v to %s: %w", s, p.command.Path, err)
	}
	return nil
}

// Log is all that the process, and those before it with the same log file, wrote.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.command.Log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// await is [Await] that ends early, with the log, when the process does.
func (p *Process) await(ctx context.Context, what string, ready func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.exited:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := Await(ctx, what, startLimit, ready); err != nil {
		return fmt.Errorf("%w; its log:\n%s", err, p.Log())
	}
	return nil
}

// startLimit is how long a server may take until it answers.
const startLimit = 30 * time.Second
