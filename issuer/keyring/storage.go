package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Storage is the part of certmagic's storage that a ring needs. A missing key is
// [fs.ErrNotExist].
type Storage interface {
	Lock(ctx context.Context, name string) error
	Unlock(ctx context.Context, name string) error
	Store(ctx context.Context, key string, value []byte) error
	Load(ctx context.Context, key string) ([]byte, error)
}

const (
	// storageTimeout bounds one visit to storage. A lock that a killed process
	// left behind takes certmagic's file storage more than ten seconds to break.
	storageTimeout = 30 * time.Second
	unlockTimeout  = 5 * time.Second
)

func (r *Ring) document() string { return "sekisho/keys/" + r.name + ".json" }
func (r *Ring) lock() string     { return "sekisho_keys_" + r.name }

// open takes over what is in storage; when nothing is, it makes the first key.
// The nodes of a fleet that start at once agree on one, because each looks again
// once it has the lock.
func (r *Ring) open(ctx context.Context) error {
	_, err := r.read(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	now := r.now()
	first, err := generate(now, now)
	if err != nil {
		return err
	}
	_, err = r.update(ctx, func(keys keyset) (keyset, bool) {
		if len(keys) > 0 {
			return keys, false
		}
		return keyset{first}, true
	})
	return err
}

// Stored describes the keys of a ring in storage, the oldest first, without making
// one: none if there is no such ring.
func Stored(ctx context.Context, storage Storage, name string) ([]KeyInfo, error) {
	r := newRing(Options{Name: name})
	r.storage = storage
	keys, err := r.load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking at key ring %s: %w", name, err)
	}
	return keys.describe(r.now()), nil
}

// read takes over what is in storage.
func (r *Ring) read(ctx context.Context) (*snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, storageTimeout)
	defer cancel()
	if err := r.turn.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer r.turn.Release(1)
	keys, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	return r.publish(keys), nil
}

// update edits the keys in storage under the storage lock and takes over the
// outcome. edit owns the keys it is given, and says whether it changed any.
func (r *Ring) update(ctx context.Context, edit func(keyset) (keyset, bool)) (*snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, storageTimeout)
	defer cancel()
	if err := r.turn.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer r.turn.Release(1)
	if err := r.storage.Lock(ctx, r.lock()); err != nil {
		return nil, fmt.Errorf("locking the stored keys: %w", err)
	}
	defer r.unlock(ctx)

	keys, err := r.load(ctx)
	// A ring that was open and is gone is a fault: a new one would kill all tokens.
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && r.current.Load() == nil) {
		return nil, err
	}
	keys, changed := edit(keys)
	if !changed {
		return r.publish(keys), nil
	}
	text, err := keys.marshal()
	if err != nil {
		return nil, err
	}
	if err := r.storage.Store(ctx, r.document(), text); err != nil {
		return nil, fmt.Errorf("storing the keys: %w", err)
	}
	return r.publish(keys), nil
}

// unlock gives the lock back, also when the caller's time is up.
func (r *Ring) unlock(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
	defer cancel()
	if err := r.storage.Unlock(ctx, r.lock()); err != nil {
		r.log.Warn("the lock on the stored keys was not released", "ring", r.name, "error", err)
	}
}

func (r *Ring) load(ctx context.Context) (keyset, error) {
	text, err := r.storage.Load(ctx, r.document())
	if err != nil {
		return nil, fmt.Errorf("loading the stored keys: %w", err)
	}
	return unmarshal(text)
}

func (r *Ring) publish(keys keyset) *snapshot {
	s := newSnapshot(keys)
	r.current.Store(s)
	return s
}
