package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const exported = `id,token,userId,scopes,createdAt,expiresAt
7c9e6679-7425-40de-944b-e07fc1f90ae7,token_123e4567-e89b-42d3-a456-426614174000,user123,"{read,write}",2026-01-02 03:04:05.678,2099-01-01 00:00:00
clxq3k2m10000v8l5c7d9e1f2,token_223e4567-e89b-42d3-a456-426614174000,user_123-abc@example.com,"{read}",2026-01-02 03:04:06.678,2099-01-01 00:00:00
`

// introspect asks what a token is good for (RFC 7662).
func (h *apiHouse) introspect(t *testing.T, token string) string {
	t.Helper()
	form := url.Values{"token": {token}}.Encode()
	a := mustCall(t, "POST", h.base+"/oauth/introspect", h.adminKey, form, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	})
	return a.wantStatus(t, 200).body
}

func TestTokensOfTheTokenServiceComeOver(t *testing.T) {
	const id, token, other = "7c9e6679-7425-40de-944b-e07fc1f90ae7", "token_123e4567-e89b-42d3-a456-426614174000", "token_223e4567-e89b-42d3-a456-426614174000"
	h := startAPI(t, storedIn(startRedis(t)))
	a := mustCall(t, "POST", h.base+"/api/tokens/import", h.adminKey, exported).wantStatus(t, 200)
	if a.body != `{"active":2,"revoked":0,"skipped":0}` {
		t.Fatalf("import: %s", a.body)
	}
	if seen := mustCall(t, "GET", h.base+"/api/v1/songs", token, "").wantStatus(t, 200); !strings.Contains(seen.body, `"by":"`+id+`"`) {
		t.Errorf("the API saw %s", seen.body)
	}
	mustCall(t, "GET", h.base+"/api/v1/songs", other, "").wantStatus(t, 200)
	if text := h.introspect(t, token); !strings.Contains(text, `"active":true,"scope":"read write"`) || !strings.Contains(text, `"jti":"`+id+`"`) {
		t.Errorf("introspection: %s", text)
	}
	for _, path := range []string{"/api/tokens?userId=user123", "/api/tokens/" + id} {
		if a := mustCall(t, "GET", h.base+path, h.adminKey, "").wantStatus(t, 200); !strings.Contains(a.body, `"id":"`+id+`"`) || strings.Contains(a.body, token) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	mustCall(t, "DELETE", h.base+"/api/tokens/"+id, h.adminKey, "").wantStatus(t, 200)
	if a := mustCall(t, "GET", h.base+"/api/v1/songs", token, ""); a.status != 401 ||
		!strings.HasPrefix(a.body, `{"error":"Invalid token","message":"Token is invalid or has been revoked",`) {
		t.Errorf("after the revoke: %d %s", a.status, a.body)
	}
	if text := h.introspect(t, token); text != `{"active":false}` {
		t.Errorf("introspection after the revoke: %s", text)
	}
	mustCall(t, "GET", h.base+"/api/v1/songs", other, "").wantStatus(t, 200)
}
