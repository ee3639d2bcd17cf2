package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// sample puts printed samples and the lines that call them into one script, with
// the changes that testdata/samples/README.md lists.
func (h *house) sample(t *testing.T, name string, files []string, calls ...string) testrig.Script {
	t.Helper()
	changes := strings.NewReplacer(
		"https://api.turso.tech", "http://"+h.Tokens,
		"YOUR_API_TOKEN", h.adminKey,
		"libsql://my-db-my-org.turso.io", h.url("my-db"),
		`"@turso/api"`, `"@tursodatabase/api"`,
		`org: "my-org",`, `org: "my-org", baseUrl: "http://`+h.Tokens+`/v1/",`,
	)
	var script strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("testdata", "samples", file))
		if err != nil {
			t.Fatal(err)
		}
		script.WriteString(changes.Replace(string(text)) + "\n")
	}
	script.WriteString(strings.Join(calls, "\n") + "\n")
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return testrig.Script{Path: path, Env: []string{"TURSO_API_TOKEN=" + h.adminKey, "NODE_ENV=development"}}
}

// node runs a script that must succeed, and gives what it printed.
func node(t *testing.T, script testrig.Script) string {
	t.Helper()
	out, err := testrig.Node(t.Context(), clients, script)
	if err != nil {
		t.Fatal(err)
	}
	return succeeded(t, out)
}

func succeeded(t *testing.T, out testrig.Output) string {
	t.Helper()
	if out.Err != nil {
		t.Fatalf("%v\n%s\n%s", out.Err, out.Stdout, out.Stderr)
	}
	return out.Stdout
}

// tokens reads the JSON objects that curl printed one after another.
func tokens(t *testing.T, printed string) []minted {
	t.Helper()
	var list []minted
	for decoder := json.NewDecoder(strings.NewReader(printed)); ; {
		var m minted
		switch err := decoder.Decode(&m); {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatalf("%v in %s", err, printed)
		}
		list = append(list, m)
	}
}

// wantAccess checks what a token may do to my-db.
func (h *house) wantAccess(t *testing.T, token, access string) {
	t.Helper()
	h.users(t, "my-db", token)
	write := h.mustQuery(t, "my-db", token, "UPDATE users SET name = name").results(t)[0]
	if got := map[string]string{"ok": "full-access", "error": "read-only"}[write.Type]; got != access {
		t.Errorf("a token that should be %s is %s: %+v", access, got, write)
	}
}

func TestCurlSamplesMintWorkingTokens(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	for file, access := range map[string][]string{
		"database-curl.sh": {"full-access", "read-only", "full-access"},
		"group-curl.sh":    {"full-access", "full-access", "read-only", "full-access"},
	} {
		t.Run(file, func(t *testing.T) {
			got := tokens(t, succeeded(t, testrig.Shell(t.Context(), "bash", t.TempDir(), h.sample(t, file, []string{file}))))
			if len(got) != len(access) {
				t.Fatalf("%d tokens were minted, want %d", len(got), len(access))
			}
			for i, m := range got {
				h.wantAccess(t, m.JWT, access[i])
			}
		})
	}
}

func TestDatabaseSampleInTypeScript(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	printed := node(t, h.sample(t, "tokens.mts", []string{"database-tokens.mts"},
		`console.log(JSON.stringify([fullAccessToken, readOnlyToken, attachToken]))`))
	var got []string
	if err := json.Unmarshal([]byte(printed), &got); err != nil || len(got) != 3 {
		t.Fatalf("printed %q: %v", printed, err)
	}
	for i, access := range []string{"full-access", "read-only", "full-access"} {
		h.wantAccess(t, got[i], access)
	}
}

// Each sample goes on where another stopped; want is part of what they print.
func TestSamplesThatBuildOnTheFirst(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	database := func(next string) []string { return []string{"database-tokens.mts", next} }
	group := func(next string) []string { return []string{"group-tokens.mts", next} }
	for name, test := range map[string]struct {
		files []string
		call  string
		want  string
	}{
		"connecting with the token": {database("database-connect.mts"), ``, "Grace of my-db"},
		"a token per environment": {
			database("database-environments.mts"),
			`console.log(Object.keys(await setupEnvironmentTokens("my-org", "my-db")).length)`, "Tokens created for all environments\n4\n",
		},
		"saving a token in a file": {database("database-save.mts"), `await saveTokenSecurely("my-org", "my-db", "production")`, "Token saved to .env.production"},
		"the SDK":                  {[]string{"database-sdk.mts"}, ``, "Database token: eyJ"},
		"a group in JavaScript":    {[]string{"group-tokens.mjs"}, ``, "Token: eyJ"},
		"a group in TypeScript":    {[]string{"group-tokens.mts"}, `console.log(await generateEnvironmentToken("my-org", "production"))`, "eyJ"},
		"the least privilege":      {group("group-least-privilege.mts"), `console.log(await createAppToken("my-org", "production", "frontend"))`, "eyJ"},
		"a manager that caches":    {group("group-manager.mts"), `console.log(token === await tokenManager.getToken("my-org", "production", "1h"))`, "true"},
		"some databases":           {group("group-databases.mts"), `console.log(token)`, "eyJ"},
		"a pipeline":               {group("group-ci.mts"), `console.log(await generateCIToken("my-org", "production"))`, "eyJ"},
		"a tenant":                 {group("group-tenant.mts"), `console.log(tenantToken)`, "eyJ"},
		"an end for each":          {group("group-secure.mts"), `console.log(await createSecureToken("my-org", "production", "staging"))`, "eyJ"},
		"an audit log": {
			group("group-audit.mts"),
			`async function saveAuditLog(log: TokenAuditLog) { console.log(log.createdBy) }
			console.log(await createTokenWithAudit("my-org", "production", {}, "ada"))`, "ada\neyJ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := "sample" + filepath.Ext(test.files[0])
			printed := node(t, h.sample(t, file, test.files, test.call))
			if !strings.Contains(printed, test.want) {
				t.Errorf("printed %q, want %q in it", printed, test.want)
			}
		})
	}
}

func TestGroupSampleInPython(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	python, err := testrig.FindPython(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	script := h.sample(t, "tokens.py", []string{"group-tokens.py"}, `print(token, token_24h, readonly_token, limited_token)`)
	printed := succeeded(t, testrig.Python(t.Context(), python, script))
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	got := strings.Fields(lines[len(lines)-1])
	if len(got) != 4 {
		t.Fatalf("printed %q", printed)
	}
	for i, access := range []string{"full-access", "full-access", "read-only", "full-access"} {
		h.wantAccess(t, got[i], access)
	}
}
