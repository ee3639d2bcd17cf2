package testrig

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrNoRedis says what to do about a missing redis-server.
var ErrNoRedis = errors.New("redis-server is missing: apt install redis-server, or brew install redis")

// Redis is a redis-server of its own, with append-only persistence.
type Redis struct {
	*Process
	Address string
}

// StartRedis starts a redis-server at address with its files in dir, and waits
// until it answers. Started again with the same two, it has its data again. The
// options are added to its command line.
func StartRedis(ctx context.Context, address, dir string, options ...string) (*Redis, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, ErrNoRedis
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of Redis: %w", err)
	}
	args := []string{"--bind", host, "--port", port, "--appendonly", "yes", "--appendfsync", "always", "--save", ""}
	p, err := start(Command{
		Path: path,
		Args: append(args, options...),
		Dir:  dir,
		Log:  filepath.Join(dir, "redis.log"),
	})
	if err != nil {
		return nil, err
	}
	r := &Redis{Process: p, Address: address}
	if err := p.await(ctx, "redis-server", r.ping); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return r, nil
}

// Dir holds the append-only files and the log.
func (r *Redis) Dir() string { return r.command.Dir }

// Restart starts the server again after Kill or Stop, with the data it had.
func (r *Redis) Restart(ctx context.Context) error {
	p, err := start(r.command)
	if err != nil {
		return err
	}
	r.Process = p
	return p.await(ctx, "redis-server", r.ping)
}

// Do sends a command and gives the reply as text.
func (r *Redis) Do(ctx context.Context, args ...any) (string, error) {
	client := redis.NewClient(&redis.Options{Addr: r.Address})
	defer client.Close()
	reply, err := client.Do(ctx, args...).Result()
	if err != nil {
		return "", fmt.Errorf("redis at %s: %v: %w", r.Address, args[0], err)
	}
	return fmt.Sprint(reply), nil
}

// ping speaks the inline protocol, which needs no client library.
func (r *Redis) ping(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", r.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "+PONG") {
		return fmt.Errorf("redis answers %q", line)
	}
	return nil
}
