package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
)

// run runs a command that reads input, and gives what it said.
func run(t *testing.T, language, input string, args ...string) (said string, err error) {
	t.Helper()
	t.Setenv(keyName, adminKey)
	file := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(file, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out strings.Builder
	texts := textsIn(language)
	cmd := texts.group("sekisho", "sekisho", texts.dbtoken(), texts.devtoken(), texts.usertoken(), texts.keys(), texts.verify())
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestATokenInHandGoesToNoServerButOurs(t *testing.T) {
	credential, _ := token.NewOpaque("jt")
	for name, answer := range map[string]http.HandlerFunc{
		"nothing at all":           func(http.ResponseWriter, *http.Request) {},
		"an empty object":          func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") },
		"an inactive token":        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"active":false}`) },
		"a page":                   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"another server of tokens": func(w http.ResponseWriter, _ *http.Request) { refuse(w, 405, `{"error":"method_not_allowed"}`) },
		"a code of its own":        func(w http.ResponseWriter, _ *http.Request) { refuse(w, 405, `{"error":"no","code":405}`) },
		"no words":                 func(w http.ResponseWriter, _ *http.Request) { refuse(w, 405, "") },
	} {
		seen := false
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			seen = seen || strings.Contains(string(body)+r.URL.String(), credential)
			answer(w, r)
		}))
		for _, args := range [][]string{{"devtoken", "revoke", "-", "--yes"}, {"verify"}} {
			said, err := run(t, "en", credential, append(args, "--server", server.URL)...)
			if err == nil || !strings.Contains(said, "does not answer as Sekisho does") || strings.Contains(said, "revoked") {
				t.Errorf("%s, %v: %v, said %q", name, args, err, said)
			}
		}
		server.Close()
		if seen {
			t.Errorf("%s: the token has left", name)
		}
	}
}

func refuse(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestATokenAmongTheArgumentsIsRefused(t *testing.T) {
	opaque, _ := token.NewOpaque("jt")
	for _, credential := range []string{opaque, "eyJhbGciOiJFZERTQSJ9.e30.AA"} {
		for _, args := range [][]string{
			{"devtoken", "create"},
			{"devtoken", "info"},
			{"devtoken", "revoke"},
			{"devtoken", "rotate"},
			{"verify"},
			{"dbtoken", "revoke"},
			{"dbtoken", "rotate"},
			{"dbtoken", "rotate", "my-db", "--keep"},
		} {
			said, err := run(t, "en", "", append(args, credential, "--server", "http://127.0.0.1:1")...)
			if err == nil || !strings.HasPrefix(said, "That is a token, not its id.") {
				t.Errorf("%v: %v, said %q", args, err, said)
			}
		}
	}
}
