// Package redistest starts real Redis servers for tests. They listen on a Unix
// socket, or on a loopback port where a cluster needs one, keep nothing, and end
// with the test.
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
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// patience bounds how long a server may take to get ready.
const patience = 20 * time.Second

// Server is a running redis-server.
type Server struct {
	Address string // host:port of a cluster, otherwise the path of a Unix socket

	dir     string
	cmd     *exec.Cmd
	drained chan struct{}
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

// LaunchCluster runs a cluster of one node, which owns every slot and refuses
// what a larger cluster would refuse.
func LaunchCluster() (*Server, error) {
	port, err1 := freePort()
	bus, err2 := freePort()
	dir, err3 := os.MkdirTemp("", "redistest")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	s := &Server{Address: net.JoinHostPort("127.0.0.1", port), dir: dir}
	if err := s.run("--bind", "127.0.0.1", "--port", port, "--cluster-enabled", "yes", "--cluster-port", bus); err != nil {
		return nil, err
	}
	if err := s.claimSlots(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting a cluster: %w", err)
	}
	return s, nil
}

func (s *Server) claimSlots() error {
	client := redis.NewClient(&redis.Options{Addr: s.Address})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.ClusterAddSlotsRange(ctx, 0, 16383).Err(); err != nil {
		return err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := client.ClusterInfo(ctx).Result()
		if err != nil || strings.Contains(info, "cluster_state:ok") {
			return err
		}
		<-tick.C
	}
}

// Stop kills the server and removes its files.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill()
	<-s.drained
	_ = s.cmd.Wait()
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
	s.cmd = exec.Command("redis-server", append(defaults, args...)...)
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
		if strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections") {
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
