package testrig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// sentinels is how many there are: two of them must agree.
	sentinels = 3
	// MasterName is what the Sentinels of a [Replicated] call their master.
	MasterName = "main"
)

// Replicated is a Redis with a replica, and Sentinels that promote it when the
// master is gone for a second.
type Replicated struct {
	Master, Replica *Redis
	Sentinels       []string // host:port

	processes []*Process
}

// StartReplicated starts a master, its replica and the Sentinels, and waits until
// they know each other.
func StartReplicated(ctx context.Context, dir string) (_ *Replicated, err error) {
	r := &Replicated{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Kill())
		}
	}()
	if r.Master, err = startIn(ctx, filepath.Join(dir, "master")); err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(r.Master.Address)
	if r.Replica, err = startIn(ctx, filepath.Join(dir, "replica"), "--replicaof", host+" "+port); err != nil {
		return nil, err
	}
	for i := range sentinels {
		if err := r.startSentinel(filepath.Join(dir, fmt.Sprint("sentinel", i))); err != nil {
			return nil, err
		}
	}
	if err := Await(ctx, "the replica to be in step", startLimit, r.Replica.inStep); err != nil {
		return nil, err
	}
	return r, Await(ctx, "the Sentinels to find each other", startLimit, r.complete)
}

// startIn starts a Redis with a directory of its own.
func startIn(ctx context.Context, dir string, options ...string) (*Redis, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	address, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	// A replica that waits for others to come has nothing for five seconds.
	return StartRedis(ctx, address, dir, append(options, "--repl-diskless-sync-delay", "0")...)
}

// inStep is a probe for [Await]: a replica has all that its master had when it came.
func (r *Redis) inStep(ctx context.Context) error {
	info, err := r.Do(ctx, "INFO", "replication")
	if err == nil && !strings.Contains(info, "master_link_status:up") {
		err = errors.New(info)
	}
	return err
}

func (r *Replicated) startSentinel(dir string) error {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return ErrNoRedis
	}
	address, err := FreeAddress()
	if err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(address)
	_, masterPort, _ := net.SplitHostPort(r.Master.Address)
	config := strings.Join([]string{
		"bind " + host, "port " + port, "dir .",
		"sentinel monitor " + MasterName + " " + host + " " + masterPort + " 2",
		"sentinel down-after-milliseconds " + MasterName + " " + masterDownAfter,
		"sentinel failover-timeout " + MasterName + " 5000",
	}, "\n") + "\n"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return err
	}
	p, err := start(Command{Path: path, Args: []string{file, "--sentinel"}, Dir: dir, Log: filepath.Join(dir, "redis.log")})
	if err != nil {
		return err
	}
	r.processes = append(r.processes, p)
	r.Sentinels = append(r.Sentinels, address)
	return nil
}

// complete is a probe for [Await]: every Sentinel knows the others and the replica.
func (r *Replicated) complete(ctx context.Context) error {
	for _, address := range r.Sentinels {
		sentinel := &Redis{Address: address}
		state, err := sentinel.Do(ctx, "SENTINEL", "MASTER", MasterName)
		if err != nil {
			return err
		}
		for _, want := range []string{"num-slaves:1", fmt.Sprint("num-other-sentinels:", sentinels-1), "flags:master "} {
			if !strings.Contains(state, want) {
				return fmt.Errorf("%s at %s: %s", want, address, state)
			}
		}
	}
	return nil
}

// Cut makes the replica miss what the master gets from now on. The Sentinels
// mend that after some seconds.
func (r *Replicated) Cut(ctx context.Context) error {
	_, err := r.Replica.Do(ctx, "REPLICAOF", "127.0.0.1", "1")
	return err
}

const (
	// masterDownAfter, in milliseconds, is longer than a busy machine holds everything
	// up: nobody shall be promoted but whom a test has promoted.
	masterDownAfter = "4000"
	// promotionLimit allows for Sentinels that were held up all the same: for half a
	// minute after that they do nothing (tilt mode).
	promotionLimit = 75 * time.Second
)

// AwaitPromotion waits until the replica is the master that all Sentinels name.
func (r *Replicated) AwaitPromotion(ctx context.Context) error {
	return Await(ctx, "the replica to be promoted", promotionLimit, func(ctx context.Context) error {
		for _, address := range r.Sentinels {
			master, err := (&Redis{Address: address}).Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterName)
			if err != nil {
				return err
			}
			if _, port, _ := net.SplitHostPort(r.Replica.Address); !strings.Contains(master, port) {
				return fmt.Errorf("the Sentinel at %s names %s", address, master)
			}
		}
		return nil
	})
}

// Kill ends all of them.
func (r *Replicated) Kill() error {
	var errs []error
	for _, p := range r.processes {
		errs = append(errs, p.Kill())
	}
	for _, redis := range []*Redis{r.Master, r.Replica} {
		if redis != nil {
			errs = append(errs, redis.Kill())
		}
	}
	return errors.Join(errs...)
}
