package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// demo is a gate with a libSQL server behind it.
type demo struct {
	Admin    string // of Caddy's admin API; all addresses are host:port on loopback
	Gate     string // where tokens are issued, and databases are chosen by host
	MyDB     string // where my-db listens for clients that cannot choose by host
	Upstream string // the libSQL server
	Key      string // of the administrator

	dir  string
	gate *testrig.Gate
	sqld *testrig.Sqld
}

// start starts both servers. On an error nothing is left behind.
func start(ctx context.Context, binary, sqld string) (*demo, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return nil, fmt.Errorf("finding the gate's binary: %w", err)
	}
	dir, err := os.MkdirTemp("", "sekisho-demo-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	d := &demo{dir: dir, Key: rand.Text()}
	if err := d.pickAddresses(); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	if err := d.startGate(ctx, path); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	if err := d.startSqld(ctx, sqld); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

func (d *demo) pickAddresses() (err error) {
	if d.Gate, err = preferred("8080"); err != nil {
		return err
	}
	if d.MyDB, err = preferred("8081"); err != nil {
		return err
	}
	if d.Admin, err = testrig.FreeAddress(); err != nil {
		return err
	}
	d.Upstream, err = testrig.FreeAddress()
	return err
}

func (d *demo) startGate(ctx context.Context, binary string) (err error) {
	var text strings.Builder
	if err := caddyfile.Execute(&text, d); err != nil {
		return fmt.Errorf("writing the Caddyfile: %w", err)
	}
	d.gate, err = testrig.StartGate(ctx, testrig.GateConfig{
		Path: binary, Dir: d.dir, Caddyfile: text.String(), Admin: d.Admin,
		Ready: "http://" + d.Gate + "/.well-known/jwks.json",
		Env:   []string{"SEKISHO_ADMIN_KEY=" + d.Key},
	})
	return err
}

// startSqld gives the libSQL server the gate's upstream key, and nothing else to trust.
func (d *demo) startSqld(ctx context.Context, path string) error {
	key, err := d.gate.UpstreamKey(ctx)
	if err != nil {
		return fmt.Errorf("exporting the upstream key: %w", err)
	}
	file := filepath.Join(d.dir, "upstream.pem")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		return fmt.Errorf("writing the upstream key: %w", err)
	}
	d.sqld, err = testrig.StartSqld(ctx, testrig.SqldConfig{Path: path, Address: d.Upstream, Dir: d.dir, KeyFile: file})
	if err != nil {
		return err
	}
	for _, database := range []string{"my-db", "other-db"} {
		if err := d.sqld.CreateNamespace(ctx, database); err != nil {
			return err
		}
	}
	return nil
}

// wait returns when ctx ends, or with an error when a server ends before; then
// both have ended.
func (d *demo) wait(ctx context.Context) error {
	var died error
	select {
	case <-ctx.Done():
	case <-d.gate.Exited():
		died = fmt.Errorf("the gate has ended; its log:\n%s", d.gate.Log())
	case <-d.sqld.Exited():
		died = fmt.Errorf("sqld has ended; its log:\n%s", d.sqld.Log())
	}
	if ctx.Err() != nil { // Ctrl-C reaches the servers too
		died = nil
	}
	return errors.Join(died, d.stop())
}

// stop ends what was started and removes all files.
func (d *demo) stop() error {
	var errs []error
	if d.gate != nil {
		errs = append(errs, d.gate.Stop())
	}
	if d.sqld != nil {
		errs = append(errs, d.sqld.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}
