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
}

// Start starts a store and the gates, and waits until all are ready.
func Start(ctx context.Context, config Config) (_ *Fleet, err error) {
	f := &Fleet{}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Kill())
		}
	}()
	key := filepath.Join(config.Dir, "signing.pem")
	if err := writeKey(key); err != nil {
		return nil, err
	}
	if f.Store, err = OpenStore(ctx, config.Kind, config.Dir); err != nil {
		return nil, err
	}
	adminKey := rand.Text()
	var starting errgroup.Group
	for i := range f.Gates {
		starting.Go(func() (err error) {
			f.Gates[i], err = startGate(ctx, gateConfig{
				binary: config.Binary, dir: filepath.Join(config.Dir, fmt.Sprint("gate", i+1)),
				store: f.Store, staleness: config.MaxStaleness, signingKey: key, adminKey: adminKey,
			})
			return err
		})
	}
	return f, starting.Wait()
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
			errs = append(errs, g.end())
		}
	}
	if f.Store != nil {
		errs = append(errs, f.Store.Kill())
	}
	return errors.Join(errs...)
}
