package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// MasterName is what the Sentinel calls the master.
const MasterName = "main"

// Sentinel is a master and its replica, which a Sentinel promotes when the master
// is lost.
type Sentinel struct{ Sentinel, Master, Replica *Server }

// StartSentinel runs the three until the test ends. Further arguments are the
// master's and the replica's.
func StartSentinel(t testing.TB, args ...string) *Sentinel {
	t.Helper()
	launch := func(args ...string) *Server {
		s, err := listen(append([]string{"--repl-diskless-sync-delay", "0"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Stop)
		return s
	}
	master := launch(args...)
	replica := launch(append([]string{"--replicaof", "127.0.0.1 " + master.Port()}, args...)...)
	if err := await("replica in step", replica.inStep); err != nil {
		t.Fatal(err)
	}
	sentinel, err := launchSentinel(master)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sentinel.Stop)
	known := func() (bool, error) {
		replicas, err := sentinel.do("SENTINEL", "REPLICAS", MasterName)
		list, _ := replicas.([]any)
		return len(list) == 1, err
	}
	if err := await("replica known to the Sentinel", known); err != nil {
		t.Fatal(err)
	}
	return &Sentinel{sentinel, master, replica}
}

func launchSentinel(master *Server) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		return nil, err
	}
	s := &Server{Address: net.JoinHostPort("127.0.0.1", port), dir: dir}
	config := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("bind 127.0.0.1\nport %s\ndir %s\nsentinel monitor %[3]s 127.0.0.1 %[4]s 1\n"+
		"sentinel down-after-milliseconds %[3]s 500\nsentinel failover-timeout %[3]s 3000\n", port, dir, MasterName, master.Port())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return s, s.start(config, "--sentinel")
}
