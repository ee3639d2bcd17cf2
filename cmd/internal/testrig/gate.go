package testrig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Gate is our own binary, run with a Caddyfile. All its state lies in one directory.
type Gate struct {
	*Process
	config GateConfig
}

// GateConfig says how to start a [Gate].
type GateConfig struct {
	Path      string // the binary
	Dir       string
	Caddyfile string   // text; its global options must set admin to Admin
	JSON      bool     // Caddyfile is a configuration in JSON instead
	Admin     string   // host:port of Caddy's admin API
	Ready     string   // URL that answers 200 once the gate is ready
	Env       []string // what the Caddyfile's {env.…} placeholders name
}

// StartGate starts the gate and waits until it is ready.
func StartGate(ctx context.Context, config GateConfig) (*Gate, error) {
	g := &Gate{config: config}
	if err := g.writeCaddyfile(config.Caddyfile); err != nil {
		return nil, err
	}
	if err := g.start(ctx); err != nil {
		return nil, err
	}
	return g, nil
}

// Restart starts the gate again after Kill or Stop, with the files it left.
func (g *Gate) Restart(ctx context.Context) error { return g.start(ctx) }

func (g *Gate) start(ctx context.Context) error {
	p, err := start(Command{
		Path: g.config.Path,
		Args: []string{"run", "--config", g.caddyfile()},
		Dir:  g.config.Dir,
		Env:  g.environment(),
		Log:  filepath.Join(g.config.Dir, "gate.log"),
	})
	if err != nil {
		return err
	}
	g.Process = p
	if err := p.await(ctx, "the gate", answers200(g.config.Ready)); err != nil {
		return errors.Join(err, p.Kill())
	}
	return nil
}

// Reload gives the running gate another Caddyfile, or the same one if text is empty.
func (g *Gate) Reload(ctx context.Context, text string) error {
	if text != "" {
		if err := g.writeCaddyfile(text); err != nil {
			return err
		}
	}
	_, err := g.Run(ctx, "reload", "--force", "--address", g.config.Admin, "--config", g.caddyfile())
	return err
}

// UpstreamKey is the public key that the libSQL server behind the gate must trust, as PEM.
func (g *Gate) UpstreamKey(ctx context.Context) ([]byte, error) {
	return g.Run(ctx, "keys", "export", "--upstream", "--address", g.config.Admin)
}

// Run runs a sub-command of the binary in the environment of the gate, and gives
// what it printed.
func (g *Gate) Run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, g.config.Path, args...)
	cmd.Dir = g.config.Dir
	cmd.Env = append(os.Environ(), g.environment()...)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out, fmt.Errorf("%s %v: %w\n%s", filepath.Base(g.config.Path), args, err, exit.Stderr)
	}
	return out, err
}

// Admin is the address of Caddy's admin API.
func (g *Gate) Admin() string { return g.config.Admin }

// Data is the directory that holds all that the gate stores.
func (g *Gate) Data() string { return filepath.Join(g.config.Dir, "data") }

// caddyfile is where the configuration lies; Caddy tells the kind by the name.
func (g *Gate) caddyfile() string {
	name := "Caddyfile"
	if g.config.JSON {
		name = "caddy.json"
	}
	return filepath.Join(g.config.Dir, name)
}

func (g *Gate) writeCaddyfile(text string) error {
	if err := os.WriteFile(g.caddyfile(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the Caddyfile: %w", err)
	}
	return nil
}

// environment keeps the gate out of the home directory of whoever runs it.
func (g *Gate) environment() []string {
	return append([]string{
		"HOME=" + g.config.Dir,
		"XDG_DATA_HOME=" + g.Data(),
		"XDG_CONFIG_HOME=" + filepath.Join(g.config.Dir, "config"),
	}, g.config.Env...)
}
