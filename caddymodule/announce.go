package caddymodule

import (
	"context"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/store"
)

const announceEvery = time.Minute

// announceKeys tells the other nodes the ids of our signing keys, and says so when
// tokens of one node fail on the other.
func (s *services) announceKeys(ctx context.Context, alarm *keyAlarm) {
	ctx, cancel := context.WithTimeout(ctx, storeCallTime)
	defer cancel()
	id, err := caddy.InstanceID()
	if err != nil {
		return
	}
	now := time.Now()
	ours, activeFrom := signingFirst(s.signing.List())
	others, err := s.shared.store.AnnounceKeys(ctx, id.String(), ours, now)
	if err != nil {
		return // the mirror's age says so already
	}
	for _, node := range alarm.compare(ours, others, now.Sub(activeFrom)) {
		s.log.Error("this node and another one on this store do not both have the keys that they sign with, so a token minted on one fails on the other: "+
			"let them share Caddy's storage, or give all nodes the same signing_key, and let it come first when all have it",
			"node", node, "its_keys", others[node].IDs, "our_keys", ours)
	}
}

// signingFirst is the ids of keys, first of the one that signs, and since when it does.
func signingFirst(keys []keyring.KeyInfo) (ids []string, activeFrom time.Time) {
	for _, key := range keys {
		ids = append(ids, key.ID)
		if key.State == keyring.Active {
			ids[0], ids[len(ids)-1] = key.ID, ids[0]
			activeFrom = key.ActiveFrom
		}
	}
	return ids, activeFrom
}

// keyAlarm finds nodes that do not verify what another signs.
type keyAlarm struct {
	apart map[string]time.Time // by node: its last announcement, if that did not fit ours
}

// compare gives the nodes that do not fit for the second time, after announcing anew
// in between: an announcement may be from before a change that is now made on all nodes.
// Nor does it blame others for a key that we sign with for so short a time that nodes
// which share storage need not have read it yet.
func (a *keyAlarm) compare(ours []string, others map[string]store.NodeKeys, signs time.Duration) (nodes []string) {
	apart := map[string]time.Time{}
	for node, theirs := range others {
		if verifies(ours, theirs.IDs) && verifies(theirs.IDs, ours) {
			continue
		}
		apart[node] = theirs.At
		if before, again := a.apart[node]; again && !theirs.At.Equal(before) && signs >= 2*announceEvery {
			nodes = append(nodes, node)
		}
	}
	a.apart = apart
	slices.Sort(nodes)
	return nodes
}

// verifies reports whether a node with the keys ours takes what a node with the keys theirs signs.
func verifies(ours, theirs []string) bool {
	return len(theirs) > 0 && slices.Contains(ours, theirs[0])
}
