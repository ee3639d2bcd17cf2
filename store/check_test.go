package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestCheckWarnsOfARedisThatForgets(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want []store.Warning
	}{
		"safe":     {[]string{"--appendonly", "yes"}, nil},
		"evicting": {[]string{"--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"}, []store.Warning{store.WarnEviction}},
		"volatile": {nil, []store.Warning{store.WarnVolatile}},
		"no INFO":  {[]string{"--rename-command", "INFO", ""}, []store.Warning{store.WarnUnchecked}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := open(t, "unix://"+redistest.Start(t, c.args...).Address).Check(t.Context())
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestCheckOfAReplicaWarnsAndFails(t *testing.T) {
	replica := redistest.Start(t, "--replicaof", "127.0.0.1 1")
	got, err := open(t, "unix://"+replica.Address).Check(t.Context())
	if !slices.Contains(got, store.WarnReplica) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestCheckOfTheOtherBackends(t *testing.T) {
	want := map[string][]store.Warning{
		"miniredis": {store.WarnUnchecked}, "embedded": nil,
		"redis": {store.WarnVolatile}, "simple": {store.WarnVolatile}, "cluster": {store.WarnVolatile},
	}
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			s := b.open(t)
			for range 2 { // the second finds the schema that the first wrote
				if got, err := s.Check(t.Context()); err != nil || !slices.Equal(got, want[b.name]) {
					t.Errorf("got %v, %v, want %v", got, err, want[b.name])
				}
			}
		})
	}
}

func TestASchemaThatIsNotOursIsRefused(t *testing.T) {
	s, client := onMiniredis(t)
	for _, version := range []string{"2", "999", "0", "-1", "", "one"} {
		if err := client.Set(t.Context(), s.Key("schema"), version, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Check(t.Context()); !errors.Is(err, store.ErrSchema) {
			t.Errorf("schema %q: %v", version, err)
		}
	}
}

func TestNodesHearOfEachOthersKeys(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		announce := func(node string, at time.Time, kids ...string) map[string]store.NodeKeys {
			t.Helper()
			others, err := s.AnnounceKeys(t.Context(), node, kids, at)
			if err != nil {
				t.Fatal(err)
			}
			return others
		}
		if others := announce("a", now, "k1", "k2"); len(others) != 0 {
			t.Errorf("the first node hears of %v", others)
		}
		others := announce("b", now.Add(time.Minute), "k3")
		if a := others["a"]; len(others) != 1 || a.At.Unix() != now.Unix() || !slices.Equal(a.IDs, []string{"k1", "k2"}) {
			t.Errorf("b hears of %v", others)
		}
		if others := announce("b", now.Add(11*time.Minute), "k3"); len(others) != 0 {
			t.Errorf("b still hears of %v, silent for 11 minutes", others)
		}
		if n := s.Redis().HLen(t.Context(), s.Key("keys")).Val(); n != 1 {
			t.Errorf("%d nodes are kept", n)
		}
	})
}

func TestANodeEntryThatSomebodySpoiledIsCleanedAway(t *testing.T) {
	s, client := onMiniredis(t)
	if err := client.HSet(t.Context(), s.Key("keys"), "x", "soon kid", "y", "", "z", "99999999999999 kid").Err(); err != nil {
		t.Fatal(err)
	}
	if others, err := s.AnnounceKeys(t.Context(), "a", nil, now); err != nil || len(others) != 0 {
		t.Errorf("got %v, %v", others, err)
	}
	if n := client.HLen(t.Context(), s.Key("keys")).Val(); n != 1 {
		t.Errorf("%d nodes are kept", n)
	}
}
