package store_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/store"
)

func TestOfANodeThatAnnouncesKeysWithoutEndNoneIsBelieved(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		announce := func(node string, keys int) {
			value := strconv.FormatInt(now.Unix(), 10) + strings.Repeat(" key", keys)
			if err := s.Redis().HSet(t.Context(), s.Key("keys"), node, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
		announce("many", 1000)
		announce("flood", 1001)
		others, err := s.AnnounceKeys(t.Context(), "node", []string{"key"}, now)
		if err != nil || len(others) != 1 || len(others["many"].IDs) != 1000 {
			t.Errorf("%d nodes, %d keys, %v", len(others), len(others["many"].IDs), err)
		}
	})
}
