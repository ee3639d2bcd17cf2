package revocation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	copyInterval = 10 * time.Second
	// copyShare bounds the part of the time that is spent on writing copies: one of
	// a hundred.
	copyShare = 100
)

// Copy keeps a durable copy of a mirror, so that a node that restarts while the
// store is away knows what it knew, and one that restarts after the store forgot
// can repair it. What was taken back in the last seconds before a crash may not
// be in the copy; it is in the store.
//
// The copy lies in two files: everything that was taken back, rewritten when it
// has changed, and a small proof of how fresh that is.
type Copy struct {
	mirror *Mirror
	store  string
	path   string
	log    *slog.Logger
	now    func() time.Time

	changes uint64     // of the mirror, when it was written
	digest  fileDigest // of what was written; zero if nothing was
	proved  time.Time  // what the files say
	notYet  time.Time  // when everything may be written again
	failing bool
}

// saving is held while files are written: after a reload with other options of the
// store, two copies of the same path run for a while.
var saving sync.Mutex

// OpenCopy merges the copy that nodeID keeps in dir into m, before a [Follower]
// of m runs; [Copy.Run] then keeps it. Nodes may share a directory. The mirror
// counts as fresh as the copy was: tokens pass until that is too long ago. A copy
// that is damaged is ignored as a whole; one that was kept of another store, by its
// name, and one from ahead of the clock prove nothing. All three are logged. A nodeID
// that is no name of a file is [ErrInvalid].
func OpenCopy(m *Mirror, dir, nodeID, store string, log *slog.Logger) (*Copy, error) {
	return openCopy(m, dir, nodeID, store, log, time.Now)
}

func openCopy(m *Mirror, dir, nodeID, store string, log *slog.Logger, now func() time.Time) (*Copy, error) {
	if nodeID == "" || len(nodeID) > 128 || strings.ContainsFunc(nodeID, unfitForName) {
		return nil, fmt.Errorf("%w: node id %q", ErrInvalid, nodeID)
	}
	c := &Copy{mirror: m, store: store, path: filepath.Join(dir, "revocations-"+nodeID), log: log, now: now}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = c.load()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Error("durable copy of the revocations cannot be read: going on without it", "file", c.path, "error", err)
	}
	return c, nil
}

func unfitForName(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

// Run writes the copy every few seconds, and once more when ctx is done. A disk
// that refuses is logged; serving goes on.
func (c *Copy) Run(ctx context.Context) {
	tick := time.NewTicker(copyInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.report(c.save(false))
		case <-ctx.Done():
			c.report(c.save(true))
			return
		}
	}
}

// report logs the first failure of a row and its end.
func (c *Copy) report(err error) {
	switch {
	case err != nil && !c.failing:
		c.log.Error("cannot write the durable copy of the revocations, trying again", "file", c.path, "error", err)
	case err == nil && c.failing:
		c.log.Info("the durable copy of the revocations is written again")
	}
	c.failing = err != nil
}

// save brings the files up to date: the small one alone if the large one is ours and
// holds everything. The large one waits for its time, unless this is the last save. The
// proof is read before the mirror is, so that it never says too much.
func (c *Copy) save(last bool) error {
	saving.Lock()
	defer saving.Unlock()
	proved, changes := c.mirror.proved(), c.mirror.changes.Load()
	switch {
	case changes == c.changes && !proved.After(c.proved):
		return nil
	case changes == c.changes && storedDigest(c.path) == c.digest:
		return c.writeProof(proved)
	case last || !c.now().Before(c.notYet):
		return c.writeAll(proved, changes)
	}
	return nil
}

func (c *Copy) writeProof(proved time.Time) error {
	err := writeProof(c.path, proof{copy: c.digest, proved: proved})
	if err == nil {
		c.proved = proved
	}
	return err
}

func (c *Copy) writeAll(proved time.Time, changes uint64) error {
	started := c.now()
	digest, err := writeCopy(c.path, c.mirror, c.store, proved)
	c.notYet = c.now().Add(copyShare * c.now().Sub(started))
	if err != nil {
		return err
	}
	c.changes, c.digest, c.proved = changes, digest, proved
	return nil
}

func (c *Copy) load() error {
	s := snapshot{revoked: c.mirror.revoked.emptyLike()}
	head, digest, err := readCopy(c.path, &s)
	if err != nil {
		return err
	}
	now := c.now()
	unchanged := c.mirror.absorb(s, now).empty() // else the mirror knew more than the copy
	if head.Store != c.store {
		c.log.Warn("the durable copy is of another store: its revocations are kept, and it is not taken as fresh", "file", c.path, "ids", s.revoked.len())
		return nil
	}
	proved := timeOf(head.Proved)
	switch p, err := readProof(c.path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		c.log.Warn("proof of freshness cannot be read: ignored", "file", c.path, "error", err)
	case p.copy == digest && p.proved.After(proved):
		proved = p.proved
	}
	if unchanged {
		c.changes = c.mirror.changes.Load()
	}
	c.log.Info("revocations read from the durable copy", "ids", s.revoked.len(), "rotations", len(s.records), "proved", proved)
	c.digest, c.proved = digest, proved
	// The age, and not the time: from here on only the monotonic clock counts.
	age := now.Round(0).Sub(proved)
	switch {
	case proved.IsZero():
	case age < 0:
		c.log.Error("durable copy of the revocations is from the future, or the clock went back: not taken as fresh", "proved", proved)
	default:
		c.mirror.proveOnce(now.Add(-age))
	}
	return nil
}
