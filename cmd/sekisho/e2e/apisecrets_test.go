package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// live goes through the life of developer and user tokens, with mistakes that
// people make. It gives the id of a token that was used.
func (h *apiHouse) live(t *testing.T, s *secrets) string {
	t.Helper()
	s.add(h.adminKey)
	ask := func(method, path, body string) answer { return mustCall(t, method, h.base+path, h.adminKey, body) }
	token, id := h.developerToken(t, `"app":"shop"`)
	rotated, _ := created(t, ask("POST", "/devtokens/"+id+"/rotate?grace=1h", ""))
	user, userID := created(t, ask("POST", "/api/tokens", `{"userId":"u","scopes":["read"],"expiresInMinutes":5}`))
	const foreign = "token_123e4567-e89b-42d3-a456-426614174000"
	ask("POST", "/api/tokens/import", exported).wantStatus(t, 200)
	ask("POST", "/devtokens/import", devTokensFile).wantStatus(t, 200)
	for _, secret := range []string{token, rotated, user, foreign, oldDeveloperToken} {
		s.add(secret)
		mustCall(t, "GET", h.base+"/api/v1/songs", secret, "").wantStatus(t, 200)
		mustCall(t, "GET", h.base+"/api/v1/songs", secret+"x", "").wantStatus(t, 401)
		mustCall(t, "GET", h.base+"/devtokens", secret, "").wantStatus(t, 401)
		h.introspect(t, secret)
		// In the place of an id; the URL is in the access log, which this gate has not.
		for _, path := range []string{"/devtokens/", "/api/tokens/"} {
			ask(http.MethodDelete, path+secret, "").wantStatus(t, 404)
			ask(http.MethodGet, path+secret, "").wantStatus(t, 404)
		}
		ask("POST", "/devtokens/revoke", `{"ids":["`+secret+`"]}`).wantStatus(t, 404)
	}
	ask("DELETE", "/api/tokens/"+userID, "").wantStatus(t, 200)
	ask("DELETE", "/devtokens?app=shop", "").wantStatus(t, 200)
	for _, path := range []string{"/devtokens?limit=1000", "/devtokens/" + id, "/api/tokens?userId=u&status=all", "/v1/audit-logs"} {
		s.wantNoneIn(t, path, ask("GET", path, "").wantStatus(t, 200).body)
	}
	return id
}

// wantNoSecretOf looks into what the gate shows and keeps. Its store is in storeDir.
func (h *apiHouse) wantNoSecretOf(t *testing.T, s *secrets, storeDir, known string) {
	t.Helper()
	for _, page := range []string{"http://" + h.site.Admin + "/config/", h.base + "/metrics"} {
		s.wantNoneIn(t, page, mustCall(t, "GET", page, "", "").wantStatus(t, 200).body)
	}
	if err := h.gate.Stop(); err != nil {
		t.Fatal(err)
	}
	log := h.gate.Log()
	s.wantNoneIn(t, "the log", log)
	if !strings.Contains(log, `"token_id":"`+known+`"`) {
		t.Error("the log has no audit events: it proves nothing")
	}
	s.wantNoneUnder(t, storeDir, known)
}

func TestNoSecretOfAnAPITokenIsKeptInTheEmbeddedStoreOrShown(t *testing.T) {
	h, s := startAPI(t), new(secrets)
	known := h.live(t, s)
	h.wantNoSecretOf(t, s, h.gate.Data(), known)
}

func TestNoSecretOfAnAPITokenIsKeptInRedisOrShown(t *testing.T) {
	redis := startRedis(t)
	h, s := startAPI(t, storedIn(redis)), new(secrets)
	known := h.live(t, s)
	h.wantNoSecretOf(t, s, redis.Dir(), known)
}

func TestTheAccessLogHasTheIDOfTheTokenAndNotTheToken(t *testing.T) {
	h := startAPI(t, func(s *apiSite) { s.Log = true })
	token, id := h.developerToken(t)
	mustCall(t, "GET", h.base+"/api/v1/songs", token, "").wantStatus(t, 200)
	if err := h.gate.Stop(); err != nil {
		t.Fatal(err)
	}
	if log := h.gate.Log(); !strings.Contains(log, `"user_id":"`+id+`"`) || strings.Contains(log, token) {
		t.Errorf("the log:\n%s", log)
	}
}
