package fleet

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// Size is how many gates a fleet has.
const Size = 3

// Config says how to start a [Fleet].
type Config struct {
	Binary       string // of all gates
	Dir          string // empty, for all files
	Kind         Kind
	MaxStaleness time.Duration
}

// Fleet is a store, and gates that share it.
type Fleet struct {
	Store *Store
	Gates [Size]*Gate

	config     Config
	signingKey string // file
	adminKey   string
	newcomers  int // so far
}

// Start starts a store and the gates, and waits until all are ready.
func Start(ctx context.Context, config Config) (_ *Fleet, err error) {
	f := &Fleet{config: config, signingKey: filepath.Join(config.Dir, "signing.pem"), adminKey: rand.Text()}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Kill())
		}
	}()
	if err := writeKey(f.signingKey); err != nil {
		return nil, err
	}
	if f.Store, err = OpenStore(ctx, config.Kind, config.Dir); err != nil {
		return nil, err
	}
	var starting errgroup.Group
	for i := range f.Gates {
		starting.Go(func() (err error) {
			f.Gates[i], err = f.start(ctx, fmt.Sprint("gate", i+1))
			return err
		})
	}
	return f, starting.Wait()
}

// Newcomer starts one more gate, which knows nothing. Whoever asks for it ends it.
func (f *Fleet) Newcomer(ctx context.Context) (*Gate, error) {
	f.newcomers++
	return f.start(ctx, fmt.Sprint("newcomer", f.newcomers))
}

func (f *Fleet) start(ctx context.Context, name string) (*Gate, error) {
	return startGate(ctx, gateConfig{
		binary: f.config.Binary, dir: filepath.Join(f.config.Dir, name), name: name,
		store: f.Store, staleness: f.config.MaxStaleness, signingKey: f.signingKey, adminKey: f.adminKey,
	})
}

// writeKey makes the key that all gates sign with.
func writeKey(path string) error {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// Kill ends everything.
func (f *Fleet) Kill() error {
	var errs []error
	for _, g := range f.Gates {
		if g != nil {
			errs = append(errs, g.End())
		}
	}
	if f.Store != nil {
		errs = append(errs, f.Store.Kill())
	}
	return errors.Join(errs...)
}
