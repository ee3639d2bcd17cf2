package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestADeveloperTokenRevokedOnOneNodeIsRefusedOnAll(t *testing.T) {
	one := startAPI(t, storedIn(startRedis(t)))
	two := one.neighbour(t)
	token, id := one.developerToken(t)
	for _, h := range []*apiHouse{one, two} {
		mustCall(t, "GET", h.base+"/api/v1/songs", token, "").wantStatus(t, 200)
	}
	mustCall(t, "DELETE", one.base+"/devtokens/"+id, one.adminKey, "").wantStatus(t, 200)
	mustCall(t, "GET", one.base+"/api/v1/songs", token, "").wantStatus(t, 401)
	eventually(t, "the revoke on the other node", 10*time.Second, 401, func(ctx context.Context) (answer, error) {
		return call(ctx, "GET", two.base+"/api/v1/songs", token, "")
	})
}

var requestID = regexp.MustCompile(`,"request_id":"[^"]+"`)

func TestNoAnswerTellsWhyATokenIsBad(t *testing.T) {
	h := startAPI(t)
	revoked, id := h.developerToken(t)
	mustCall(t, "DELETE", h.base+"/devtokens/"+id, h.adminKey, "").wantStatus(t, 200)
	expired, _ := h.developerToken(t, `"expiration":"1s"`)
	eventually(t, "the end of a token", 10*time.Second, 401, func(ctx context.Context) (answer, error) {
		return call(ctx, "GET", h.base+"/api/v1/songs", expired, "")
	})
	const want = `{"error":"Invalid token","message":"Token is invalid or has been revoked","code":"AUTH_JWT_INVALID"}`
	for name, credential := range map[string]string{
		"revoked": revoked, "expired": expired, "mistyped": revoked + "x", "foreign": "ghp_" + strings.Repeat("a", 36),
		"short": "x", "a JWT": "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl", "almost the admin key": h.adminKey[1:] + "x",
	} {
		a := mustCall(t, "GET", h.base+"/api/v1/user/U0", credential, "")
		if body := requestID.ReplaceAllString(a.body, ""); a.status != 401 || body != want || !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	// The doors of the site are asked first, and the key itself goes no further than them.
	mustCall(t, "GET", h.base+"/api/v1/user/U0", h.adminKey, "").wantStatus(t, 404)
	metrics := mustCall(t, "GET", h.base+"/metrics", "", "").body
	for _, reason := range []string{"revoked", "expired", "malformed"} {
		if !regexp.MustCompile(`caddy_sekisho_verdicts_total\{reason="` + reason + `",upstream="api"\} [1-9]`).MatchString(metrics) {
			t.Errorf("the metrics do not tell of %s", reason)
		}
	}
}

func TestEveryMethodNeedsExactlyOneCredential(t *testing.T) {
	h := startAPI(t)
	token, _ := h.developerToken(t)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} {
		if a := mustCall(t, method, h.base+"/api/v1/songs", "", ""); a.status != 401 || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %v", method, a.status, a.header)
		}
	}
	for name, test := range map[string]struct {
		lines  []string
		status int
		title  string
	}{
		"two headers":          {[]string{"Bearer " + token, "Bearer " + token}, 400, "Invalid request"},
		"a good and a bad one": {[]string{"Bearer x", "Bearer " + token}, 400, "Invalid request"},
		"two words":            {[]string{"Bearer " + token + " " + token}, 401, "Invalid authorization header"},
		"two in one":           {[]string{"Bearer " + token + ",Bearer " + token}, 401, "Invalid authorization header"},
		"a tab":                {[]string{"Bearer\t" + token}, 401, "Invalid authorization header"},
		"two spaces":           {[]string{"Bearer  " + token}, 401, "Invalid authorization header"},
		"the scheme alone":     {[]string{"Bearer"}, 401, "Invalid authorization header"},
		"Basic":                {[]string{"Basic " + token}, 401, "Invalid authorization header"},
		"Token":                {[]string{"Token " + token}, 401, "Invalid authorization header"},
		"9 KiB":                {[]string{"Bearer " + strings.Repeat("a", 9<<10)}, 401, "Invalid token"},
		"another case":         {[]string{"bEARER " + token}, 200, ""},
		"no header":            {nil, 401, "No authorization header"},
	} {
		a := mustCall(t, "GET", h.base+"/api/v1/songs", "", "", func(r *http.Request) { r.Header["Authorization"] = test.lines })
		if a.status != test.status || test.title != "" && !strings.Contains(a.body, `"error":"`+test.title+`"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// mirrorAPI answers with what reached it, in an answer of several chunks.
func mirrorAPI() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/U404") {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":"User not found","message":"User U404 does not exist"}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("X-Of-The-API", "ユーザー名")
		for _, part := range []string{r.Method, " ", r.RequestURI, "\n", string(body)} {
			_, _ = io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	})
}

func TestWhatPassesIsTheSameToTheByte(t *testing.T) {
	h := startBefore(t, mirrorAPI())
	token, _ := h.developerToken(t)
	body := strings.Repeat("ユーザー名\x00\xff\r\n", 10_000)
	const path = "/api/v1/songs?a=1&a=2&b=%2F+x&%E6%97%A5&c"
	direct := mustCall(t, "POST", "http://"+h.site.API+path, "", body).wantStatus(t, 200)
	guarded := mustCall(t, "POST", h.base+path, token, body).wantStatus(t, 200)
	if sha256.Sum256([]byte(guarded.body)) != sha256.Sum256([]byte(direct.body)) || !strings.HasPrefix(guarded.body, "POST "+path+"\n") {
		t.Errorf("the gate changed a body: %.60q", guarded.body)
	}
	for name, values := range guarded.header {
		if !slices.Contains([]string{"Via", "Server", "Date"}, name) && !slices.Equal(values, direct.header[name]) {
			t.Errorf("%s is %q, and %q without the gate", name, values, direct.header[name])
		}
	}
	missing := mustCall(t, "GET", h.base+"/api/v1/user/U404", token, "").wantStatus(t, 404)
	if missing.body != `{"error":"User not found","message":"User U404 does not exist"}` || missing.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("a 404 of the API: %v %s", missing.header, missing.body)
	}
	mustCall(t, "GET", h.base+"/api/v1/user/U404", token+"x", "").wantStatus(t, 401)
}

func TestAnAPIWhoseStoreIsAwayNeitherOpensNorTalks(t *testing.T) {
	redis := startRedis(t)
	h := startAPI(t, storedIn(redis))
	known, _ := h.developerToken(t)
	fresh, _ := h.developerToken(t)
	mustCall(t, "GET", h.base+"/api/v1/songs", known, "").wantStatus(t, 200)
	if err := redis.Kill(); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "GET", h.base+"/api/v1/songs", known, "").wantStatus(t, 200)
	for name, a := range map[string]answer{
		"a token that was not seen yet": mustCall(t, "GET", h.base+"/api/v1/songs", fresh, ""),
		"a mint":                        mustCall(t, "POST", h.base+"/devtokens", h.adminKey, `{"note":"n"}`),
		"a mint of a user token":        mustCall(t, "POST", h.base+"/api/tokens", h.adminKey, `{"userId":"u","scopes":["r"],"expiresInMinutes":1}`),
		"a list":                        mustCall(t, "GET", h.base+"/api/tokens?userId=u", h.adminKey, ""),
		"a revoke":                      mustCall(t, "DELETE", h.base+"/devtokens?app=x", h.adminKey, ""),
	} {
		if a.status != 503 || a.header.Get("Retry-After") == "" || a.code() != "STORE_UNAVAILABLE" {
			t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
		}
		for _, detail := range []string{"127.0.0.1", "dial", "tcp", "redis", "refused", fmt.Sprint(redis.PID())} {
			if strings.Contains(requestID.ReplaceAllString(a.body, ""), detail) {
				t.Errorf("%s tells of %q: %s", name, detail, a.body)
			}
		}
	}
}
