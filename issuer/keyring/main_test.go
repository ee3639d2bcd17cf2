package keyring

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a storage that several rings share, with locks that block.
type memory struct {
	mu     sync.Mutex
	files  map[string][]byte
	locks  map[string]chan struct{}
	stores int
	broken error // what every call answers, unless nil
}

func newMemory() *memory {
	return &memory{files: map[string][]byte{}, locks: map[string]chan struct{}{}}
}

func (m *memory) slot(name string) (chan struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[name] == nil {
		m.locks[name] = make(chan struct{}, 1)
	}
	return m.locks[name], m.broken
}

func (m *memory) Lock(ctx context.Context, name string) error {
	slot, err := m.slot(name)
	if err != nil {
		return err
	}
	select {
	case slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *memory) Unlock(ctx context.Context, name string) error {
	slot, _ := m.slot(name)
	if ctx.Err() != nil || len(slot) == 0 {
		return fmt.Errorf("unlocking %q: %w", name, cmp.Or(ctx.Err(), errors.New("it is not locked")))
	}
	<-slot
	return nil
}

func (m *memory) Store(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.stores++
	m.files[key] = bytes.Clone(value)
	return nil
}

func (m *memory) Load(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.files[key]
	switch {
	case m.broken != nil:
		return nil, m.broken
	case !ok:
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(value), nil
}

func (m *memory) setBroken(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

func (m *memory) delete(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, key)
}

func (m *memory) storeCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stores
}

const signingDocument = "sekisho/keys/signing.json"

func open(t *testing.T, s Storage) *Ring {
	t.Helper()
	r, err := Open(t.Context(), s, Options{Name: Signing})
	if err != nil {
		t.Fatalf("opening the ring: %v", err)
	}
	return r
}

// sign mints a token that ends at expiresAt and returns the id of its key.
func sign(t *testing.T, r *Ring, expiresAt time.Time) string {
	t.Helper()
	_, kid, err := r.Sign(t.Context(), []byte(`{}`), expiresAt)
	if err != nil {
		t.Fatalf("signing: %v", err)
	}
	return kid
}

func rotate(t *testing.T, r *Ring, o RotateOptions) KeyInfo {
	t.Helper()
	info, err := r.Rotate(t.Context(), o)
	if err != nil {
		t.Fatalf("rotating: %v", err)
	}
	return info
}

func reload(t *testing.T, r *Ring) {
	t.Helper()
	if err := r.reload(t.Context()); err != nil {
		t.Fatalf("reloading: %v", err)
	}
}

func knows(r *Ring, kid string) bool {
	_, ok := r.PublicKey(kid)
	return ok
}

// rfcKey is the key of RFC 8037, appendix A.1.
func rfcKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func pemOf(t *testing.T, k ed25519.PrivateKey) []byte {
	t.Helper()
	text, err := marshalPrivate(k)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newPEM(t *testing.T) []byte {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf(t, private)
}
