package verifier

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	reloadImported = 30 * time.Second
	retryImported  = time.Second
)

// ImportedSource lists the tokens that another system has made, id by digest of
// the credential; *store.Store does.
type ImportedSource interface {
	Imported(ctx context.Context) (map[[sha256.Size]byte]string, error)
}

// Imported knows the credentials that another system has made. Nothing in their
// form tells them from a stranger's, so all their digests are kept in memory.
type Imported struct {
	source ImportedSource
	ids    atomic.Pointer[map[[sha256.Size]byte]string] // nil until loaded; replaced, never changed
}

// NewImported makes a list that [Imported.Run] keeps up to date.
func NewImported(source ImportedSource) *Imported { return &Imported{source: source} }

// Reload reads the list anew; an import should be followed by it. When it fails,
// what was known stays known.
func (i *Imported) Reload(ctx context.Context) error {
	ids, err := i.source.Imported(ctx)
	if err == nil {
		i.ids.Store(&ids)
	}
	return err
}

// Run reloads the list every 30 seconds until ctx is done, so that a token that
// was imported on another node is known here by then.
func (i *Imported) Run(ctx context.Context, log *slog.Logger) {
	failing := false
	for ctx.Err() == nil {
		wait := reloadImported
		err := i.Reload(ctx)
		if err != nil {
			wait = retryImported
		}
		if err != nil && !failing && ctx.Err() == nil {
			log.Warn("cannot read which tokens were imported, trying again", "error", err)
		}
		failing = err != nil
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// find gives the id of an imported token. Before the list was loaded once, nobody
// can say.
func (i *Imported) find(digest *[sha256.Size]byte) (id string, known, loaded bool) {
	if i == nil {
		return "", false, true
	}
	ids := i.ids.Load()
	if ids == nil {
		return "", false, false
	}
	id, known = (*ids)[*digest]
	return id, known, true
}
