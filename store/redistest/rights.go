package redistest

import (
	"strings"
	"testing"
)

// Rights are the least rights that Sekisho needs of a Redis user, as the
// documentation has them.
const Rights = "~sekisho:* ~{sekisho:revoked}:* -@all" +
	" +client|setname +select +info +time +wait +multi +exec" +
	" +get +set +del +hget +hmget +hgetall +hset +hsetnx +hincrby +hdel" +
	" +zadd +zrange +zrevrange +zrevrank +zscore +zcount +zrem +zremrangebyscore" +
	" +xadd +xrange +xrevrange +xread +eval +evalsha"

// ClusterRights are what it needs beside them on a cluster, and SentinelRights all
// that it needs at a Sentinel.
const (
	ClusterRights  = "+cluster|slots +command +asking"
	SentinelRights = "&* -@all +client|setname +ping +subscribe +sentinel|get-master-addr-by-name +sentinel|sentinels"
)

// LeastRights makes a user with [Rights] and those named beside them.
func (s *Server) LeastRights(t testing.TB, more ...string) (user, password string) {
	t.Helper()
	return s.user(t, append(strings.Fields(Rights), more...))
}

// LeastRightsAtSentinel makes a user with [SentinelRights] at the Sentinel.
func (s *Sentinel) LeastRightsAtSentinel(t testing.TB) (user, password string) {
	t.Helper()
	return s.Sentinel.user(t, strings.Fields(SentinelRights))
}

func (s *Server) user(t testing.TB, rights []string) (user, password string) {
	t.Helper()
	user, password = "sekisho", "of-this-test-only"
	args := []any{"ACL", "SETUSER", user, "on", ">" + password}
	for _, rule := range rights {
		args = append(args, rule)
	}
	s.Do(t, args...)
	return user, password
}
