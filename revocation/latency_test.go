package revocation

import (
	"slices"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

func TestHowSoonARevocationIsRefusedOnTwoOtherNodes(t *testing.T) {
	const revokes = 200
	s := startRedis(t)
	nodes := []*node{newNode(s.open(t)), newNode(s.open(t)), newNode(s.open(t))}
	for _, n := range nodes {
		n.run(t)
		<-n.follower.Ready()
	}
	var times []time.Duration
	for range revokes {
		g := grantFor(orders, token.NewID(), 0)
		started := time.Now()
		must(t, nodes[0].Revoke(t.Context(), Entry{ID: g.ID}))
		eventually(t, "refused on both", func() bool {
			return nodes[1].Judge(g, time.Now()) == ErrRevoked && nodes[2].Judge(g, time.Now()) == ErrRevoked
		})
		times = append(times, time.Since(started))
	}
	slices.Sort(times)
	t.Logf("from the call to revoke until refused on two other nodes: p50 %v, p99 %v, max %v",
		times[revokes/2], times[revokes*99/100], times[revokes-1])
}
