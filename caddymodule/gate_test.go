package caddymodule

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// call sends a request and gives the status, the headers and the body.
func call(t *testing.T, method, url, credential, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if credential != "" {
		request.Header.Set("Authorization", "Bearer "+credential)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// mint draws a token for my-db and gives it with its id.
func mint(t *testing.T, base, query string) (jwt, id string) {
	t.Helper()
	response, body := call(t, "POST", base+"/v1/organizations/my-org/databases/my-db/auth/tokens?"+query, adminKey, "")
	var reply struct{ JWT, ID string }
	if err := json.Unmarshal([]byte(body), &reply); err != nil || response.StatusCode != 200 || reply.JWT == "" {
		t.Fatalf("mint: %d %s", response.StatusCode, body)
	}
	return reply.JWT, reply.ID
}

func site(dial string) string {
	return `
http://:0 {
	bind 127.0.0.1
	route {
		metrics /metrics
		issue_tokens
		require_token libsql {
			organization my-org
			database my-db
		}
		reverse_proxy ` + dial + `
	}
}
`
}

const (
	pipeline = `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}}]}`
	answered = `{"baton":null,"base_url":null,"results":[]}`
)

func TestMintCheckAndTakeBack(t *testing.T) {
	var asked atomic.Int64
	dial := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, answered)
	})
	base := load(t, global("store embedded "+t.TempDir())+site(dial))
	kept, _ := mint(t, base, "")
	revoked, id := mint(t, base, "expiration=1h")

	if response, body := call(t, "POST", base+"/v2/pipeline", revoked, pipeline); response.StatusCode != 200 || body != answered {
		t.Fatalf("a fresh token: %d %s", response.StatusCode, body)
	}
	tokens := base + "/v1/organizations/my-org/databases/my-db/auth/tokens/"
	if response, body := call(t, "DELETE", tokens+id, adminKey, ""); response.StatusCode != 200 {
		t.Fatalf("revoke: %d %s", response.StatusCode, body)
	}
	before := asked.Load()
	response, body := call(t, "POST", base+"/v2/pipeline", revoked, pipeline)
	if response.StatusCode != 401 || !strings.Contains(body, `"code":"AUTH_JWT_INVALID","request_id":"`) {
		t.Errorf("a revoked token: %d %s", response.StatusCode, body)
	}
	if got := response.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	if asked.Load() != before {
		t.Error("the upstream saw a revoked token's request")
	}
	if response, _ := call(t, "POST", base+"/v2/pipeline", kept, pipeline); response.StatusCode != 200 {
		t.Errorf("the other token: %d", response.StatusCode)
	}
}

func TestMetricsSurviveAReloadAndAFailedOne(t *testing.T) {
	dial := upstream(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, answered) })
	text := global("store embedded "+t.TempDir()) + site(dial)
	base := load(t, text)
	jwt, _ := mint(t, base, "")
	call(t, "POST", base+"/v2/pipeline", jwt, pipeline)
	count := func(base string) string {
		_, body := call(t, "GET", base+"/metrics", "", "")
		for line := range strings.Lines(body) {
			if rest, ok := strings.CutPrefix(line, `caddy_sekisho_verdicts_total{reason="allowed",upstream="libsql"} `); ok {
				return strings.TrimSpace(rest)
			}
		}
		return "absent"
	}
	before := count(base)
	if before == "0" || before == "absent" {
		t.Fatalf("nothing was counted: %s", before)
	}
	if err := tryLoad(global("signing_key {env.SEKISHO_TEST_ADMIN_KEY}\nstore embedded " + t.TempDir())); err == nil {
		t.Fatal("a key that is none loaded")
	}
	if after := count(base); after != before {
		t.Errorf("after a failed reload %s, before it %s", after, before)
	}
	base = load(t, text+"# changed\n")
	if after := count(base); after != before {
		t.Errorf("after a reload %s, before it %s", after, before)
	}
	if response, _ := call(t, "POST", base+"/v2/pipeline", jwt, pipeline); response.StatusCode != 200 {
		t.Errorf("a token from before the reload: %d", response.StatusCode)
	}
}

func TestIssueTokensLeavesTheRestToOthers(t *testing.T) {
	base := load(t, global("store embedded "+t.TempDir())+`
http://:0 {
	bind 127.0.0.1
	issue_tokens
	respond "someone else" 299
}
`)
	for path, want := range map[string]int{
		"/": 299, "/health": 299, "/v1/auth/validate": 401, "/.well-known/jwks.json": 200, "/v1/execute": 299,
	} {
		if response, body := call(t, "GET", base+path, adminKey[1:], ""); response.StatusCode != want {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
}

func TestTheUpstreamBehindIsDown(t *testing.T) {
	base := load(t, global("store embedded "+t.TempDir())+site("127.0.0.1:1"))
	jwt, _ := mint(t, base, "")
	if response, body := call(t, "POST", base+"/v2/pipeline", jwt, pipeline); response.StatusCode != 502 || body != "" {
		t.Errorf("got %d %q, want Caddy's own 502, for handle_errors to answer", response.StatusCode, body)
	}
}
