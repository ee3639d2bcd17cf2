package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// LedgerKey shares its slot with all that a cluster holds about revocations.
const LedgerKey = "{sekisho:revoked}"

// Kind is how Redis is run.
type Kind int

// A single Redis is reached by each gate over a link of its own; the others are
// reached directly, as they name their servers to their clients.
const (
	Single Kind = iota
	Sentinel
	Cluster
)

// Store is the Redis behind a fleet: one of the three.
type Store struct {
	Single     *testrig.Redis
	Replicated *testrig.Replicated
	Cluster    *testrig.Cluster
}

// OpenStore starts what a kind needs, with its files in dir.
func OpenStore(ctx context.Context, kind Kind, dir string) (s *Store, err error) {
	s = &Store{}
	switch kind {
	case Sentinel:
		s.Replicated, err = testrig.StartReplicated(ctx, dir)
	case Cluster:
		s.Cluster, err = testrig.StartCluster(ctx, dir, LedgerKey)
	default:
		s.Single, err = startSingle(ctx, filepath.Join(dir, "redis"))
	}
	return s, err
}

func startSingle(ctx context.Context, dir string) (*testrig.Redis, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	address, err := testrig.FreeAddress()
	if err != nil {
		return nil, err
	}
	return testrig.StartRedis(ctx, address, dir)
}

// option is what the gate with a name reads after "store", with its link to a single
// Redis. To Sentinels it is a user of that name.
func (s *Store) option(name string, link *testrig.Link) string {
	switch {
	case s.Replicated != nil:
		first, rest := s.Replicated.Sentinels[0], s.Replicated.Sentinels[1:]
		return "redis://" + first + "?sentinel_master=" + testrig.MasterName + " " + strings.Join(rest, " ") +
			" {\n\t\t\tsentinel_username " + name + "\n\t\t\tsentinel_password {env.SENTINEL_PASSWORD}\n\t\t}"
	case s.Cluster != nil:
		var addresses []string
		for _, master := range s.Cluster.Masters {
			addresses = append(addresses, master.Address)
		}
		return "redis://" + strings.Join(addresses, " ")
	default:
		return "redis://" + link.Address() + "/0"
	}
}

// Main is the Redis that holds what was taken back, before any fail-over.
func (s *Store) Main() *testrig.Redis {
	switch {
	case s.Replicated != nil:
		return s.Replicated.Master
	case s.Cluster != nil:
		return s.Cluster.Owner
	default:
		return s.Single
	}
}

// AwaitPromotion waits until a replica has taken the place of Main.
func (s *Store) AwaitPromotion(ctx context.Context) error {
	switch {
	case s.Replicated != nil:
		return s.Replicated.AwaitPromotion(ctx)
	case s.Cluster != nil:
		return s.Cluster.AwaitPromotion(ctx)
	default:
		return errors.New("a single Redis has no replica")
	}
}

// Kill ends every server.
func (s *Store) Kill() error {
	var errs []error
	if s.Single != nil {
		errs = append(errs, s.Single.Kill())
	}
	if s.Replicated != nil {
		errs = append(errs, s.Replicated.Kill())
	}
	if s.Cluster != nil {
		errs = append(errs, s.Cluster.Kill())
	}
	return errors.Join(errs...)
}
