package testrig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// slots is how many a cluster has; masters share them evenly.
const (
	slots   = 16384
	masters = 3
)

// Cluster is a Redis Cluster of three masters. One of them has a replica, which
// takes its place when it is gone for about a second.
type Cluster struct {
	Masters []*Redis
	Owner   *Redis // the master with the replica
	Replica *Redis
}

// StartCluster starts a cluster and waits until it works. The master that owns
// key has the replica.
func StartCluster(ctx context.Context, dir, key string) (_ *Cluster, err error) {
	c := &Cluster{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Kill())
		}
	}()
	for i := range masters {
		master, err := startClustered(ctx, filepath.Join(dir, fmt.Sprint("master", i)))
		if err != nil {
			return nil, err
		}
		c.Masters = append(c.Masters, master)
		if _, err := master.Do(ctx, "CLUSTER", "ADDSLOTSRANGE", slots*i/masters, slots*(i+1)/masters-1); err != nil {
			return nil, err
		}
		if _, err := master.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1); err != nil {
			return nil, err
		}
	}
	if c.Replica, err = startClustered(ctx, filepath.Join(dir, "replica")); err != nil {
		return nil, err
	}
	if err := c.meet(ctx); err != nil {
		return nil, err
	}
	return c, c.replicate(ctx, key)
}

func startClustered(ctx context.Context, dir string) (*Redis, error) {
	bus, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(bus)
	return startIn(ctx, dir, "--cluster-enabled", "yes", "--cluster-port", port, "--cluster-node-timeout", "4000",
		"--cluster-replica-validity-factor", "0", "--cluster-config-file", "nodes.conf")
}

// meet makes all nodes known to each other.
func (c *Cluster) meet(ctx context.Context) error {
	for _, r := range slices.Concat(c.Masters[1:], []*Redis{c.Replica}) {
		host, port, _ := net.SplitHostPort(r.Address)
		bus := r.command.Args[slices.Index(r.command.Args, "--cluster-port")+1]
		if _, err := c.Masters[0].Do(ctx, "CLUSTER", "MEET", host, port, bus); err != nil {
			return err
		}
	}
	return Await(ctx, "the cluster to form", startLimit, func(ctx context.Context) error {
		for _, r := range slices.Concat(c.Masters, []*Redis{c.Replica}) {
			info, err := r.Do(ctx, "CLUSTER", "INFO")
			if err != nil {
				return err
			}
			if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprint("cluster_known_nodes:", masters+1)) {
				return fmt.Errorf("%s: %s", r.Address, info)
			}
		}
		return nil
	})
}

// replicate gives the owner of key its replica.
func (c *Cluster) replicate(ctx context.Context, key string) error {
	text, err := c.Masters[0].Do(ctx, "CLUSTER", "KEYSLOT", key)
	if err != nil {
		return err
	}
	slot, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	for i, master := range c.Masters {
		if slot < slots*(i+1)/masters {
			c.Owner = master
			break
		}
	}
	id, err := c.Owner.Do(ctx, "CLUSTER", "MYID")
	if err != nil {
		return err
	}
	if _, err := c.Replica.Do(ctx, "CLUSTER", "REPLICATE", id); err != nil {
		return err
	}
	return Await(ctx, "the replica to be in step", startLimit, c.Replica.inStep)
}

// AwaitPromotion waits until the replica is a master, and the cluster whole.
func (c *Cluster) AwaitPromotion(ctx context.Context) error {
	return Await(ctx, "the replica to be promoted", startLimit, func(ctx context.Context) error {
		role, err := c.Replica.Do(ctx, "ROLE")
		if err == nil && !strings.HasPrefix(role, "[master") {
			err = fmt.Errorf("its role is %s", role)
		}
		if err != nil {
			return err
		}
		info, err := c.Replica.Do(ctx, "CLUSTER", "INFO")
		if err == nil && !strings.Contains(info, "cluster_state:ok") {
			err = errors.New(info)
		}
		return err
	})
}

// Kill ends all nodes.
func (c *Cluster) Kill() error {
	var errs []error
	for _, r := range slices.Concat(c.Masters, []*Redis{c.Replica}) {
		if r != nil {
			errs = append(errs, r.Kill())
		}
	}
	return errors.Join(errs...)
}
