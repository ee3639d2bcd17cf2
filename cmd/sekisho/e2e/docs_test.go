package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// block is a piece of code in a page.
type block struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// readPage gives the code in a page, in its order.
func readPage(t *testing.T, file string) (blocks []block) {
	t.Helper()
	root, err := testrig.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range fence.FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, block{match[1], match[2]})
	}
	return blocks
}

// pages are all of the documentation.
func pages(t *testing.T) (files []string) {
	t.Helper()
	root, err := testrig.Root()
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, path := range found {
		files = append(files, filepath.Join("docs", filepath.Base(path)))
	}
	return append(files, "README.md")
}

// wholeCaddyfile completes one that has sites only, or options of "sekisho" only.
func wholeCaddyfile(text string) string {
	switch {
	case strings.HasPrefix(text, "{"):
		return text
	case strings.HasPrefix(text, "store "):
		return strings.Replace(aroundSite, "\t\torganization", text+"\t\torganization", 1)
	default:
		return aroundSite + text
	}
}

const aroundSite = `{
	sekisho {
		admin_key ops {env.SEKISHO_ADMIN_KEY}
		organization my-org {
			group production {
				database my-db other-db
			}
		}
	}
}
`

var filePlaceholder = regexp.MustCompile(`\{file\.[^}]+\}`)

func TestEveryCaddyfileInTheDocsIsValid(t *testing.T) {
	const secret = "Zk3vQ8w1Lr5TnYb7Hq2mX9c4"
	for _, page := range pages(t) {
		for _, b := range readPage(t, page) {
			if b.language != "caddyfile" {
				continue
			}
			home := t.TempDir()
			path, file := filepath.Join(home, "Caddyfile"), filepath.Join(home, "secret")
			text := filePlaceholder.ReplaceAllLiteralString(wholeCaddyfile(b.text), "{file."+file+"}")
			if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.WriteFile(file, []byte(secret), 0o600)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), binary, "validate", "--config", path)
			cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
			for _, match := range environmentPlaceholder.FindAllStringSubmatch(text, -1) {
				cmd.Env = append(cmd.Env, match[1]+"="+secret)
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s\n%s", page, err, text, out)
			}
		}
	}
}

func TestEveryJSONInTheDocsIsJSON(t *testing.T) {
	for _, page := range pages(t) {
		for _, b := range readPage(t, page) {
			if b.language == "json" && !json.Valid([]byte(b.text)) {
				t.Errorf("%s: %s", page, b.text)
			}
		}
	}
}

// prelude makes the commands of a page what they are to a reader: curl fails on a
// refusal, and the other programs find the servers of the test. Turso's command
// line is on no test machine; what it sends is tested by itself. A libSQL server
// that is asked to end while it starts may never do so, so it is killed, at the end.
const prelude = `set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body "$@"; echo; }
turso() { test -n "$TURSO_API_BASEURL$TURSO_API_TOKEN"; }
sekisho() { "$SEKISHO_BIN" "$@" --address "$ADMIN"; }
redis-cli() { command redis-cli -p "${REDIS##*:}" "$@"; }
sqld() {
	"$SQLD" "$@" --db-path "$PWD/sqld" >sqld.log 2>&1 &
	trap "kill -KILL $! && wait $! || true" EXIT
	for _ in $(seq 300); do command curl --silent --fail "http://$SQLD_ADDRESS/health" && break || sleep 0.1; done
	command grep -q . upstream.pem
}
`

// reader goes through a page: what is in shell as one script, all else by itself.
type reader struct {
	dir     string
	changes *strings.Replacer // of addresses
	env     []string
}

func (r *reader) read(t *testing.T, page string) (printed string) {
	t.Helper()
	script := prelude
	for _, b := range readPage(t, page) {
		text := r.changes.Replace(b.text)
		switch b.language {
		case "sh":
			script += text
		case "js":
			node(t, testrig.Script{Path: r.write(t, "sample.mjs", text), Env: r.env})
		case "python":
			python, err := testrig.FindPython(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			succeeded(t, testrig.Python(t.Context(), python, testrig.Script{Path: r.write(t, "sample.py", text), Env: r.env}))
		case "go":
			r.runGo(t, text)
		}
	}
	return succeeded(t, testrig.Shell(t.Context(), "bash", r.dir, testrig.Script{Path: r.write(t, "page.sh", script), Env: r.env}))
}

func (r *reader) write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(r.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// runGo runs lines that open a database db.
func (r *reader) runGo(t *testing.T, text string) {
	t.Helper()
	root, err := testrig.Root()
	if err != nil {
		t.Fatal(err)
	}
	source := r.write(t, "sample.go", `package main

import (
	"database/sql"
	"log"
	"os"

	"github.com/tursodatabase/libsql-client-go/libsql"
)

func main() {
	`+text+`
	if err := db.QueryRow("SELECT 1").Scan(new(int)); err != nil {
		log.Fatal(err)
	}
}
`)
	cmd := exec.CommandContext(t.Context(), "go", "run", source)
	cmd.Dir = root // for its go.mod
	cmd.Env = append(os.Environ(), r.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
