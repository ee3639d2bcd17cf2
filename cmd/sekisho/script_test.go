package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// caddyfile is a gate that only issues, with addresses and storage to be filled in.
const caddyfile = `{
	admin %s
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	storage file_system %s
	sekisho {
		admin_key ops {env.SEKISHO_ADMIN_KEY}
		admin_key minter {env.MINT_KEY} {
			actions mint
		}
		organization my-org {
			group production {
				database my-db other-db
			}
		}
	}
}

http://%s {
	issue_tokens
}
`

// TestCommands runs every script in testdata/script against a gate of its own. In
// a script, $ADMIN and $SERVER say where that gate is, and "sekisho" is a command.
// Together the scripts run every command in every language, and hold what it
// prints as JSON to its schema.
func TestCommands(t *testing.T) {
	binary, err := testrig.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := newCoverage(t)
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: scripts,
			Setup: func(env *testscript.Env) error {
				seen.began()
				return startGate(t, binary, env)
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"sekisho": seen.run, "status": seen.status, "schema": seen.schema,
				"save": save, "mode": mode, "secretless": secretless, "local": local, "narrow": narrow, "await": await,
			},
			RequireExplicitExec: true,
		})
	})
	seen.report(t)
}

var scripts = filepath.Join("testdata", "script")

func startGate(t *testing.T, binary string, env *testscript.Env) error {
	admin, err := testrig.FreeAddress()
	if err != nil {
		return err
	}
	tokens, err := testrig.FreeAddress()
	if err != nil {
		return err
	}
	dir := t.TempDir()
	adminKey, mintKey := "admin-"+rand.Text(), "mint-"+rand.Text()
	gate, err := testrig.StartGate(t.Context(), testrig.GateConfig{
		Path: binary, Dir: dir, Caddyfile: fmt.Sprintf(caddyfile, admin, filepath.Join(dir, "storage"), tokens), Admin: admin,
		Ready: "http://" + tokens + "/.well-known/jwks.json",
		Env:   []string{"SEKISHO_ADMIN_KEY=" + adminKey, "MINT_KEY=" + mintKey},
	})
	if err != nil {
		return err
	}
	env.Defer(func() { _ = gate.Kill() })
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	if err := os.Symlink(binary, filepath.Join(bin, "sekisho")); err != nil {
		return err
	}
	env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
	env.Setenv("ADMIN", admin)
	env.Setenv("SERVER", "http://"+tokens)
	env.Setenv("GOOD_KEY", adminKey)
	env.Setenv("MINT_KEY", mintKey)
	env.Setenv("GATE_DIR", dir)
	env.Setenv("TZ", "UTC")
	return nil
}
