package e2e

import (
	"crypto/rand"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

func TestTheSiteForBrowsersAnswersTheirPreflightsAndNothingElseUnasked(t *testing.T) {
	base := startSiteForBrowsers(t)
	ask := func(method string, header ...string) answer {
		return mustCall(t, method, base+"/v3/pipeline", "", "", func(r *http.Request) {
			r.Host = "my-db.db.example.com"
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
		})
	}
	const page = "https://app.example.com"
	preflight := ask(http.MethodOptions, "Origin", page, "Access-Control-Request-Method", http.MethodPost, "Access-Control-Request-Headers", "authorization,content-type")
	preflight.wantStatus(t, http.StatusNoContent)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "authorization, content-type",
	} {
		if got := preflight.header.Get(name); got != want {
			t.Errorf("the preflight gets %s %q, want %q", name, got, want)
		}
	}
	refused := ask(http.MethodPost, "Origin", page).wantStatus(t, http.StatusUnauthorized)
	if got := refused.header.Values("Access-Control-Allow-Origin"); len(got) != 1 || got[0] != "*" {
		t.Errorf("the page may not read why it is refused: %v", got)
	}
	ask(http.MethodOptions, "Origin", page).wantStatus(t, http.StatusUnauthorized)
	ask(http.MethodOptions, "Access-Control-Request-Method", http.MethodPost).wantStatus(t, http.StatusUnauthorized)
}

// startSiteForBrowsers runs the Caddyfile of the documentation on loopback, without TLS.
func startSiteForBrowsers(t *testing.T) (base string) {
	t.Helper()
	admin, at := address(t), address(t)
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range readPage(t, "docs/connect.md") {
		if b.language != "caddyfile" || !strings.Contains(b.text, "@preflight") {
			continue
		}
		dir := t.TempDir()
		text := "{\n\tadmin " + admin + "\n\tpersist_config off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n\tstorage file_system " + dir + "\n" +
			strings.TrimPrefix(aroundSite, "{\n") + strings.ReplaceAll(b.text, "*.db.example.com", "http://*.db.example.com:"+port)
		gate, err := testrig.StartGate(t.Context(), testrig.GateConfig{
			Path: binary, Dir: dir, Caddyfile: text, Admin: admin, Ready: "http://" + admin + "/config/",
			Env: []string{"SEKISHO_ADMIN_KEY=" + rand.Text()},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = gate.Stop() })
		return "http://" + at
	}
	t.Fatal("the page has no site for browsers")
	return ""
}
