package store

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// nodeLife is how long a node counts as alive after it was last heard of.
const nodeLife = 10 * time.Minute

// maxNodeKeys bounds the key ids that are believed of one node.
const maxNodeKeys = 1000

// NodeKeys is what a node has announced.
type NodeKeys struct {
	At  time.Time // by its clock, to the second
	IDs []string  // of its keys, first of the one that signs
}

// AnnounceKeys tells the other nodes which keys this one signs and checks with,
// by id only, first the one that signs, and returns what every other node heard of
// in the last 10 minutes has announced. A node that signs with a key which another
// does not have mints tokens that fail there. Announce at start and every few
// minutes; nodes not heard of are forgotten.
func (s *Store) AnnounceKeys(ctx context.Context, nodeID string, kids []string, now time.Time) (others map[string]NodeKeys, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	key := s.Key("keys")
	value := strconv.FormatInt(now.Unix(), 10) + " " + strings.Join(kids, " ")
	if err := s.redis.HSet(ctx, key, nodeID, value).Err(); err != nil {
		return nil, Unavailable(err)
	}
	nodes, err := s.redis.HGetAll(ctx, key).Result()
	if err != nil {
		return nil, Unavailable(err)
	}
	others = map[string]NodeKeys{}
	var gone []string
	for node, text := range nodes {
		seen, keys, ok := parseNode(text)
		switch {
		case node == nodeID:
		case !ok || now.Sub(seen).Abs() > nodeLife:
			gone = append(gone, node)
		default:
			others[node] = NodeKeys{seen, keys}
		}
	}
	if len(gone) > 0 {
		err = s.redis.HDel(ctx, key, gone...).Err()
	}
	return others, Unavailable(err)
}

// parseNode reads "<unix seconds> <key id> <key id> …".
func parseNode(text string) (seen time.Time, keys []string, ok bool) {
	first, rest, _ := strings.Cut(text, " ")
	unix, err := strconv.ParseInt(first, 10, 64)
	keys = strings.Fields(rest)
	return time.Unix(unix, 0), keys, err == nil && len(keys) <= maxNodeKeys
}
