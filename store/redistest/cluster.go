package redistest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const slots = 16384

// Cluster is masters that share the slots out among them.
type Cluster struct {
	Masters  []*Server
	replicas []*Server
	bus      string // port on which the first master meets others
}

// StartCluster runs a cluster of n masters, at least 3, until the test ends.
func StartCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	c, err := LaunchCluster(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

// LaunchCluster is StartCluster for a cluster that several tests share; the caller
// stops it.
func LaunchCluster(n int) (*Cluster, error) {
	c := &Cluster{}
	for i := range n {
		s, err := c.node()
		if err != nil {
			c.Stop()
			return nil, err
		}
		c.Masters = append(c.Masters, s)
		_, err1 := s.do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		_, err2 := s.do("CLUSTER", "ADDSLOTSRANGE", i*slots/n, (i+1)*slots/n-1)
		if err := errors.Join(err1, err2, c.meet(s)); err != nil {
			c.Stop()
			return nil, err
		}
	}
	if err := await("cluster ready", c.ready); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) node() (*Server, error) {
	bus, err := freePort()
	if err != nil {
		return nil, err
	}
	if c.bus == "" {
		c.bus = bus
	}
	return listen("--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "1500",
		"--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0")
}

func (c *Cluster) meet(s *Server) error {
	_, err := s.do("CLUSTER", "MEET", "127.0.0.1", c.Masters[0].Port(), c.bus)
	return err
}

// ready reports whether every node knows every other and all slots.
func (c *Cluster) ready() (bool, error) {
	all := slices.Concat(c.Masters, c.replicas)
	for _, s := range all {
		info, err := s.do("CLUSTER", "INFO")
		text, _ := info.(string)
		if err != nil || !strings.Contains(text, "cluster_state:ok") ||
			!strings.Contains(text, fmt.Sprintf("cluster_known_nodes:%d\r", len(all))) {
			return false, err
		}
	}
	return true, nil
}

// Addresses are those of the masters.
func (c *Cluster) Addresses() []string {
	var addresses []string
	for _, s := range c.Masters {
		addresses = append(addresses, s.Address)
	}
	return addresses
}

// MasterOf is the master that a key was given to when the cluster began.
func (c *Cluster) MasterOf(t testing.TB, key string) *Server {
	t.Helper()
	slot := c.Masters[0].Do(t, "CLUSTER", "KEYSLOT", key).(int64)
	return c.Masters[int(slot)*len(c.Masters)/slots]
}

// AddReplica gives a master a replica, which takes over when the master is lost.
func (c *Cluster) AddReplica(t testing.TB, master *Server) *Server {
	t.Helper()
	s, err := c.node()
	if err != nil {
		t.Fatal(err)
	}
	c.replicas = append(c.replicas, s)
	if err := c.meet(s); err != nil {
		t.Fatal(err)
	}
	id := master.Do(t, "CLUSTER", "MYID")
	if err := await("replica known", func() (bool, error) {
		if _, err := s.do("CLUSTER", "REPLICATE", id); err != nil {
			return false, err
		}
		return c.ready()
	}); err != nil {
		t.Fatal(err)
	}
	if err := await("replica in step", s.inStep); err != nil {
		t.Fatal(err)
	}
	return s
}

// inStep reports whether a replica has all of its master's data.
func (s *Server) inStep() (bool, error) {
	info, err := s.do("INFO", "replication")
	text, _ := info.(string)
	return strings.Contains(text, "master_link_status:up"), err
}

// Stop kills every node and removes its files.
func (c *Cluster) Stop() {
	for _, s := range slices.Concat(c.Masters, c.replicas) {
		s.Stop()
	}
}
