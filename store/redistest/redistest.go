// Package redistest starts real Redis servers for tests: single ones, clusters, and
// a master with a replica and a Sentinel. They listen on a Unix socket, or on a
// loopback port where others must find them, keep nothing unless told to, and end with
// the test. [Eventually] waits for what they bring about.
package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// patience is how long we wait for what must happen, however busy the machine is.
const patience = 2 * time.Minute

// Server is a running redis-server.
type Server struct {
	Address string // host:port, or the path of a Unix socket

	dir     string
	cmd     *exec.Cmd
	drained chan struct{} // closed when the output has ended
}

// Start runs a redis-server with further arguments until the test ends.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s, err := Launch(args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Launch is Start for a server that several tests share; the caller stops it.
func Launch(args ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "redistest") // short enough for a socket's path, unlike t.TempDir
	if err != nil {
		return nil, err
	}
	s := &Server{Address: filepath.Join(dir, "redis.sock"), dir: dir}
	return s, s.run(append([]string{"--port", "0", "--unixsocket", s.Address}, args...)...)
}

// listen is Launch for a server that others must find: on a loopback port.
func listen(args ...string) (*Server, error) {
	return listenOn("--port", args...)
}

func listenOn(portOption string, args ...string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		return nil, err
	}
	s := &Server{Address: net.JoinHostPort("127.0.0.1", port), dir: dir}
	return s, s.run(append([]string{"--bind", "127.0.0.1", portOption, port}, args...)...)
}

// Signal sends the server's process a signal.
func (s *Server) Signal(t testing.TB, signal os.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// Do sends the server a command, as its default user.
func (s *Server) Do(t testing.TB, args ...any) any {
	t.Helper()
	reply, err := s.do(args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return reply
}

func (s *Server) do(args ...any) (any, error) {
	network := "tcp"
	if filepath.IsAbs(s.Address) {
		network = "unix"
	}
	client := redis.NewClient(&redis.Options{Network: network, Addr: s.Address, ContextTimeoutEnabled: true})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return client.Do(ctx, args...).Result()
}

// Port is the server's port.
func (s *Server) Port() string {
	_, port, _ := net.SplitHostPort(s.Address)
	return port
}

// Kill ends the server at once, as kill -9 does. Its files stay for [Server.Restart].
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.drained
	_ = s.cmd.Wait() // a second one fails
}

// Restart starts a killed server again; it has the data that it kept in files.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(s.cmd.Args[1:]...); err != nil {
		t.Fatal(err)
	}
}

// Hang returns when the server does nothing any more, as under kill -STOP. It goes on
// at a SIGCONT.
func (s *Server) Hang(t testing.TB) {
	t.Helper()
	s.Signal(t, syscall.SIGSTOP)
	if _, err := syscall.Wait4(s.cmd.Process.Pid, nil, syscall.WUNTRACED, nil); err != nil {
		t.Fatal(err)
	}
}

// Stop kills the server and removes its files.
func (s *Server) Stop() {
	s.Kill()
	_ = os.RemoveAll(s.dir)
}

// CLI runs redis-cli on the server, with input, and returns what it says.
func (s *Server) CLI(t testing.TB, input io.Reader, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "redis-cli", append([]string{"-s", s.Address}, args...)...)
	cmd.Stdin = input
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli: %v\n%s", err, out)
	}
	return string(out)
}

// run starts the server and returns when it accepts connections.
func (s *Server) run(args ...string) error {
	defaults := []string{"--dir", s.dir, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"}
	return s.start(append(defaults, args...)...)
}

func (s *Server) start(args ...string) error {
	s.cmd = exec.Command("redis-server", args...)
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("starting redis-server: %w", err)
	}
	s.drained = make(chan struct{})
	ready := make(chan error, 1)
	go func() {
		defer close(s.drained)
		ready <- awaitReady(out)
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case err = <-ready:
	case <-time.After(patience):
		err = errors.New("redis-server did not get ready")
	}
	if err != nil {
		s.Stop()
	}
	return err
}

func awaitReady(out io.Reader) error {
	var log strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text := strings.ToLower(lines.Text())
		if strings.Contains(text, "ready to accept connections") || strings.Contains(text, "sentinel id is") {
			return nil
		}
		log.WriteString(lines.Text() + "\n")
	}
	return fmt.Errorf("redis-server ended:\n%s", log.String())
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// Eventually waits for a condition that a server, or another goroutine, brings about.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	if err := await(what, func() (bool, error) { return condition(), nil }); err != nil {
		t.Fatal(err)
	}
}

// await repeats ready until it says yes.
func await(what string, ready func() (bool, error)) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		ok, err := ready()
		if ok && err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %s: %s (%v)", patience, what, err)
		}
	}
}
