package caddymodule

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// apiSite is an API behind the gate that answers with the headers it got.
func apiSite(t *testing.T, rules string) string {
	t.Helper()
	return apiOn(t, "store embedded "+t.TempDir(), rules)
}

// apiOn is apiSite with global options of its own.
func apiOn(t *testing.T, options, rules string) string {
	t.Helper()
	dial := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(r.Header)
	})
	return load(t, global(options)+`
http://:0 {
	bind 127.0.0.1
	issue_tokens
	require_token /v1/songs* api {
		`+rules+`
	}
	reverse_proxy `+dial+`
}
`)
}

// devToken makes a developer token and gives it with its id.
func devToken(t *testing.T, base, body string) (credential, id string) {
	t.Helper()
	response, text := call(t, "POST", base+"/devtokens", adminKey, body)
	var reply struct{ ID, Token string }
	if err := json.Unmarshal([]byte(text), &reply); err != nil || response.StatusCode != 201 || reply.Token == "" {
		t.Fatalf("create: %d %s", response.StatusCode, text)
	}
	return reply.Token, reply.ID
}

func TestADeveloperTokenOpensAnAPIUntilItIsTakenBack(t *testing.T) {
	base := apiSite(t, "")
	credential, id := devToken(t, base, `{"note":"MyApp API Integration","app":"my-app"}`)
	response, body := call(t, "GET", base+"/v1/songs", credential, "")
	var seen http.Header
	if err := json.Unmarshal([]byte(body), &seen); err != nil || response.StatusCode != 200 {
		t.Fatalf("got %d %s", response.StatusCode, body)
	}
	for name, want := range map[string]string{
		"X-Token-Id": id, "X-Token-Family": "developer", "X-Token-Subject": "my-app", "X-Token-Scopes": "*", "Authorization": "",
	} {
		if got := seen.Get(name); got != want {
			t.Errorf("%s reached the API as %q, want %q", name, got, want)
		}
	}
	if response, body := call(t, "DELETE", base+"/devtokens/"+id, adminKey, ""); response.StatusCode != 200 {
		t.Fatalf("revoke: %d %s", response.StatusCode, body)
	}
	if response, body := call(t, "GET", base+"/v1/songs", credential, ""); response.StatusCode != 401 ||
		!strings.HasPrefix(body, `{"error":"Invalid token","message":"Token is invalid or has been revoked"`) {
		t.Errorf("after the revoke: %d %s", response.StatusCode, body)
	}
}

func TestNobodyPassesForAnotherToken(t *testing.T) {
	base := apiSite(t, "allow_anonymous")
	credential, id := devToken(t, base, `{"note":"n"}`)
	for _, credential := range []string{credential, ""} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", base+"/v1/songs", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{"x-token-id": {"jt_spoofed"}, "X-Token-ID": {"jt_spoofed"}, "X_Token_Id": {"jt_spoofed"}, "X-Token-Scopes": {"*"}}
		if credential != "" {
			request.Header.Set("Authorization", "Bearer "+credential)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var seen http.Header
		if err := json.NewDecoder(response.Body).Decode(&seen); err != nil {
			t.Fatal(err)
		}
		want := ""
		if credential != "" {
			want = id
		}
		for name, values := range seen {
			if strings.Contains(strings.Join(values, ""), "spoofed") {
				t.Errorf("%s reached the API: %v", name, values)
			}
		}
		if got := seen.Get("X-Token-Id"); got != want {
			t.Errorf("X-Token-Id %q, want %q", got, want)
		}
	}
}

func TestScopesDecideByMethod(t *testing.T) {
	base := apiSite(t, "scope songs:read GET HEAD\nscope songs:write *")
	reader, _ := devToken(t, base, `{"note":"n","scopes":["songs:read"]}`)
	for range 2 { // a verdict from memory is as good as a fresh one
		if response, _ := call(t, "GET", base+"/v1/songs", reader, ""); response.StatusCode != 200 {
			t.Errorf("GET: %d", response.StatusCode)
		}
		response, body := call(t, "POST", base+"/v1/songs", reader, "{}")
		if challenge := response.Header.Get("WWW-Authenticate"); response.StatusCode != 403 ||
			!strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `scope="songs:write"`) {
			t.Errorf("POST: %d %q %s", response.StatusCode, challenge, body)
		}
	}
}

func TestARateLimitIsPerToken(t *testing.T) {
	base := apiSite(t, "rate_limit 2 1h")
	first, _ := devToken(t, base, `{"note":"n"}`)
	second, _ := devToken(t, base, `{"note":"n"}`)
	for i, want := range []int{200, 200, 429} {
		response, _ := call(t, "GET", base+"/v1/songs", first, "")
		if response.StatusCode != want {
			t.Errorf("request %d: %d", i, response.StatusCode)
		}
		if want == 429 && (response.Header.Get("Retry-After") == "" || response.Header.Get("RateLimit-Policy") == "") {
			t.Errorf("429 with %v", response.Header)
		}
	}
	if response, _ := call(t, "GET", base+"/v1/songs", second, ""); response.StatusCode != 200 {
		t.Errorf("the other token: %d", response.StatusCode)
	}
}

func TestAUserTokenAsItsClientsKnowIt(t *testing.T) {
	base := apiSite(t, "")
	response, body := call(t, "POST", base+"/api/tokens", adminKey, `{"userId":"user123","scopes":["read","write"],"expiresInMinutes":60}`)
	var reply struct{ ID, Token string }
	if err := json.Unmarshal([]byte(body), &reply); err != nil || response.StatusCode != 201 || !strings.HasPrefix(reply.Token, "token_") {
		t.Fatalf("create: %d %s", response.StatusCode, body)
	}
	if response, body := call(t, "GET", base+"/v1/songs", reply.Token, ""); response.StatusCode != 200 {
		t.Errorf("use: %d %s", response.StatusCode, body)
	}
	if _, body := call(t, "GET", base+"/api/tokens?userId=user123", adminKey, ""); strings.Contains(body, reply.Token) || !strings.Contains(body, reply.ID) {
		t.Errorf("list: %s", body)
	}
}
