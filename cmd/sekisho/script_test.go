package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
// a script, $ADMIN and $SERVER say where that gate is.
func TestCommands(t *testing.T) {
	binary, err := testrig.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error { return startGate(t, binary, env) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"save": save, "status": status, "mode": mode, "secretless": secretless, "local": local,
		},
		RequireExplicitExec: true,
	})
}

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
	env.Setenv("ADMIN", admin)
	env.Setenv("SERVER", "http://"+tokens)
	env.Setenv("GOOD_KEY", adminKey)
	env.Setenv("MINT_KEY", mintKey)
	env.Setenv("GATE_DIR", dir)
	env.Setenv("TZ", "UTC")
	return nil
}

// save puts what the group of a pattern finds in an output into a variable:
// save stdout|stderr NAME PATTERN.
func save(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile(args[0]))
	if len(found) != 2 {
		ts.Fatalf("%s does not fit %s", args[0], args[2])
	}
	ts.Setenv(args[1], found[1])
}

// status runs the binary and wants it to end with an exit code: status CODE ARGS.
func status(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("sekisho", args[1:]...)
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// local asks a door through the admin endpoint, with credentials that are none:
// local STATUS PATH TEXT wants that status and that text in the answer.
func local(ts *testscript.TestScript, _ bool, args []string) {
	request, err := http.NewRequest(http.MethodGet, "http://"+ts.Getenv("ADMIN")+"/sekisho/doors"+args[1], nil)
	ts.Check(err)
	request.Header.Set("Authorization", "Bearer not-a-key")
	request.Header.Set("X-API-Key", "not-a-key")
	request.Header.Set("Accept-Language", "ja")
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if strconv.Itoa(response.StatusCode) != args[0] || !strings.Contains(string(body), args[2]) {
		ts.Fatalf("got %s %s", response.Status, body)
	}
}

// mode wants a file to have these permissions: mode 600 FILE.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Lstat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}

// secretless wants that what the gate has written nowhere has a secret.
func secretless(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.Getenv("GATE_DIR")
	ts.Check(filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, secret := range args {
			if strings.Contains(string(text), secret) {
				ts.Fatalf("%s has a secret", path)
			}
		}
		return err
	}))
}
