package keyring

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// reloadInterval is how often [Ring.Run] reads storage again.
const reloadInterval = time.Minute

// RotateOptions say how urgent a rotation is. The zero value is the ordinary
// one: the new key is published first, and old keys stay as long as needed.
type RotateOptions struct {
	// Now lets the new key sign at once. Nodes and readers of the key set that do
	// not know it yet refuse its tokens until they have read it.
	Now bool
	// DropOld, for a key that was stolen, removes all old keys: each of their
	// tokens is dead, here at once and on other nodes when they next read storage,
	// within a minute. It implies Now.
	DropOld bool
}

// Rotate adds a key that will sign in place of the present one and describes it.
// A ring of [Static] is [ErrStatic].
func (r *Ring) Rotate(ctx context.Context, o RotateOptions) (KeyInfo, error) {
	if r.storage == nil {
		return KeyInfo{}, ErrStatic
	}
	now := r.now()
	activeFrom := now.Add(r.lead)
	if o.Now || o.DropOld {
		activeFrom = now
	}
	fresh, err := generate(now, activeFrom)
	if err != nil {
		return KeyInfo{}, err
	}
	s, err := r.update(ctx, func(keys keyset) (keyset, bool) {
		if o.DropOld {
			return keyset{fresh}, true
		}
		keys = append(keys, fresh)
		keys.sort()
		return keys, true
	})
	if err != nil {
		return KeyInfo{}, fmt.Errorf("rotating %s: %w", r, err)
	}
	r.log.Info("signing key rotated", "ring", r.name, "key", fresh.ID,
		slog.Time("active_from", fresh.ActiveFrom), slog.Bool("old_keys_dropped", o.DropOld))
	return s.info(fresh.ID, now), nil
}

// reload reads storage again and drops the keys that nothing needs any more. On
// an error the ring stays as it was.
func (r *Ring) reload(ctx context.Context) error {
	if r.storage == nil {
		return nil
	}
	s, err := r.read(ctx)
	if err != nil {
		return fmt.Errorf("reloading %s: %w", r, err)
	}
	now := r.now()
	if len(s.keys.live(now)) == len(s.keys) {
		return nil
	}
	_, err = r.update(ctx, func(keys keyset) (keyset, bool) {
		live := keys.live(now)
		return live, len(live) < len(keys)
	})
	if err != nil {
		return fmt.Errorf("dropping old keys of %s: %w", r, err)
	}
	return nil
}

// Run reloads the ring every minute until ctx ends, so that nodes that share
// storage follow each other.
func (r *Ring) Run(ctx context.Context) {
	if r.storage == nil {
		return
	}
	tick := time.NewTicker(reloadInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.reload(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("the signing keys could not be read again; going on with those known", "ring", r.name, "error", err)
		}
	}
}
