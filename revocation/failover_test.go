package revocation

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// openAt opens a store as a server does.
func openAt(t *testing.T, addresses ...string) *store.Store {
	t.Helper()
	o, err := store.ParseAddresses(addresses, store.Options{})
	must(t, err)
	s, err := store.Open(o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// loseMaster takes tokens back until the last moment before the master is lost, and
// afterwards through its successor.
func loseMaster(t *testing.T, s *store.Store, master *redistest.Server) {
	t.Helper()
	a, b := newNode(s), newNode(s)
	a.run(t)
	b.run(t)
	<-a.follower.Ready()
	<-b.follower.Ready()
	must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}, Keep: []string{"kept"}}))
	const last = 200
	for i := range last {
		must(t, a.Revoke(t.Context(), Entry{ID: fmt.Sprint("before", i)}))
	}
	a.WaitReplicas = 1
	must(t, a.Revoke(t.Context(), Entry{ID: "confirmed"}))
	master.Stop()
	lost := time.Now()

	redistest.Eventually(t, "revoking again", func() bool { return b.Revoke(t.Context(), Entry{ID: "after"}) == nil })
	redistest.Eventually(t, "heard of by the other node", func() bool {
		return a.Judge(grantFor(users, "after", 0), time.Now()) == ErrRevoked
	})
	redistest.Eventually(t, "a new node knows everything", func() bool {
		fresh := newNode(s)
		if _, err := fresh.follower.sync(t.Context()); err != nil {
			return false
		}
		for i := range last {
			if fresh.Judge(grantFor(users, fmt.Sprint("before", i), 0), time.Now()) != ErrRevoked {
				return false
			}
		}
		return fresh.Judge(grantFor(users, "confirmed", 0), time.Now()) == ErrRevoked &&
			fresh.Judge(grantFor(orders, "old", 0), time.Now()) == ErrRotated
	})
	for _, n := range []*node{a, b} {
		n.awaitProof(t, lost)
		expect(t, n.Mirror, grantFor(users, fmt.Sprint("before", last-1), 0), ErrRevoked)
		expect(t, n.Mirror, grantFor(orders, "kept", 0), nil)
		expect(t, n.Mirror, n.mint(t, orders, "new"), nil)
	}
}

func TestASentinelsNewMasterKnowsAllThatWasTakenBack(t *testing.T) {
	t.Parallel()
	servers := redistest.StartSentinel(t)
	user, password := servers.LeastRightsAtSentinel(t)
	s := openAt(t, "redis://"+servers.Sentinel.Address+"?sentinel_master="+redistest.MasterName+
		"&sentinel_user="+user+"&sentinel_password="+password)
	loseMaster(t, s, servers.Master)
	if denied, _ := servers.Sentinel.Do(t, "ACL", "LOG").([]any); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}

func TestAReplicaThatTakesOverTheSlotKnowsAllThatWasTakenBack(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	addresses := cluster.Addresses()
	addresses[0] = "redis://" + addresses[0]
	s := openAt(t, addresses...)
	master := cluster.MasterOf(t, newLedger(s).ids)
	cluster.AddReplica(t, master)
	loseMaster(t, s, master)
}
