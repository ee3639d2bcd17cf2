package revocation

import (
	"os"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store/redistest"
)

// replicated starts a Redis with a replica, and a node that follows the first.
func replicated(t *testing.T) (master, replica *redistest.Server, n *node) {
	t.Helper()
	port := freePort(t)
	master = redistest.Start(t, "--port", port, "--repl-diskless-sync-delay", "0")
	replica = redistest.Start(t, "--port", freePort(t), "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1 "+port)
	n = newNode(redisStore(t, master))
	n.sync(t)
	redistest.Eventually(t, "replicated", func() bool {
		n.WaitReplicas, n.WaitTimeout = 1, 50*time.Millisecond
		return n.Revoke(t.Context(), Entry{ID: "first"}) == nil
	})
	n.sync(t)
	return master, replica, n
}

// wantNoProof looks at the feed after something was revoked at another master.
func wantNoProof(t *testing.T, n *node) {
	t.Helper()
	before := time.Now()
	if _, err := n.follower.sync(t.Context()); err == nil || n.proved().After(before) {
		t.Errorf("proven by a server that is no master any more: %v", err)
	}
}

func TestAReplicaThatLostItsMasterProvesNothing(t *testing.T) {
	master, replica, n := replicated(t)
	replica.Do(t, "REPLICAOF", "NO", "ONE")
	master.Do(t, "REPLICAOF", "127.0.0.1", "1") // whom nobody answers
	must(t, newNode(redisStore(t, replica)).Revoke(t.Context(), Entry{ID: "stolen"}))
	wantNoProof(t, n)
}

func TestAMasterThatMustHaveReplicasProvesNothingWithoutThem(t *testing.T) {
	master, replica, n := replicated(t)
	master.Do(t, "CONFIG", "SET", "min-replicas-to-write", "1")
	replica.Do(t, "REPLICAOF", "NO", "ONE")
	must(t, newNode(redisStore(t, replica)).Revoke(t.Context(), Entry{ID: "stolen"}))
	redistest.Eventually(t, "the master has lost its replica", func() bool { return master.Do(t, "WAIT", "0", "1") == int64(0) })
	wantNoProof(t, n)
}

func TestAMasterWhoseDiskFailsIsTheMasterStill(t *testing.T) {
	server := redistest.Start(t, "--enable-protected-configs", "yes")
	n := newNode(redisStore(t, server))
	n.sync(t)
	gone := t.TempDir()
	server.Do(t, "CONFIG", "SET", "dir", gone)
	must(t, os.Remove(gone))
	server.Do(t, "CONFIG", "SET", "save", "1 1")
	redistest.Eventually(t, "nothing is written any more", func() bool { return n.Revoke(t.Context(), Entry{ID: "first"}) != nil })
	before := time.Now()
	if n.sync(t); n.proved().Before(before) {
		t.Error("nothing is proven")
	}
}
