package devtokens_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer/devtokens"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/token"
)

const tokens = "/devtokens"

type rig struct {
	*issuertest.World
	door *devtokens.Door
}

func newRig(t testing.TB) *rig {
	w := issuertest.New(t)
	return &rig{World: w, door: devtokens.New(w.Service)}
}

func (r *rig) do(method, target, body string, headers ...string) issuertest.Answer {
	return issuertest.Serve(r.door, issuertest.Request(method, target, body, headers...))
}

func (r *rig) create(t testing.TB, body string) issuertest.Answer {
	t.Helper()
	a := r.do(http.MethodPost, tokens, body)
	if a.Status != http.StatusCreated {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	return a
}

// list gives the ids on the first page, in order.
func (r *rig) list(t testing.TB, query string) (ids []string) {
	t.Helper()
	a := r.do(http.MethodGet, tokens+query, "")
	if a.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", query, a.Status, a.Text)
	}
	for _, entry := range a.Body["tokens"].([]any) {
		ids = append(ids, entry.(map[string]any)["id"].(string))
	}
	return ids
}

func TestACreatedTokenIsShownOnceWithAllThatItMay(t *testing.T) {
	rig := newRig(t)
	a := rig.create(t, `{"note":"MyApp API Integration"}`)
	a.WantJSON(t)
	if id, ok := token.ParseOpaque(a.String("token")); !ok || id != a.String("id") || !strings.HasPrefix(id, "jt_") {
		t.Errorf("got %s", a.Text)
	}
	if a.String("note") != "MyApp API Integration" || a.String("created_by") != "ops" || a.Body["expires_at"] != nil || a.Body["last_used"] != nil || a.String("status") != "active" {
		t.Errorf("got %s", a.Text)
	}
	if warnings := a.Body["warnings"].([]any); len(warnings) != 2 {
		t.Errorf("warnings are %v", warnings)
	}
	narrow := rig.create(t, `{"note":"n","app":"shop","authorization":"read-only","scopes":["write","read"],"networks":["192.0.2.0/24","2001:db8::1"],"routes":["GET /v1/*"],"expiration":"30d"}`)
	for field, want := range map[string]string{
		"app": `"shop"`, "authorization": `"read-only"`, "scopes": `["write","read"]`, "networks": `["192.0.2.0/24","2001:db8::1/128"]`, "routes": `["GET /v1/*"]`, "warnings": `[]`,
	} {
		if got, _ := json.Marshal(narrow.Body[field]); string(got) != want {
			t.Errorf("%s: got %s, want %s", field, got, want)
		}
	}
	secret := narrow.String("token")
	info := rig.do(http.MethodGet, tokens+"/"+narrow.String("id"), "")
	kept := info.Text + rig.do(http.MethodGet, tokens, "").Text + rig.Stored(t) + rig.Log.String()
	if strings.Contains(kept, secret[len(narrow.String("id")):len(secret)-6]) || strings.Contains(kept, issuertest.OpsSecret) {
		t.Error("a secret was shown twice, or stayed in store or log")
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	rig := newRig(t)
	for body, code := range map[string]string{
		``:                "BAD_REQUEST",
		`{}`:              "BAD_REQUEST",
		`{"note":""}`:     "BAD_REQUEST",
		`{"note":"a\nb"}`: "BAD_REQUEST",
		`{"note":"` + strings.Repeat("本", 201) + `"}`: "BAD_REQUEST",
		`{"note":"n","note":"m"}`:                     "BAD_REQUEST",
		`{"note":1}`:                                  "BAD_REQUEST",
		`[]`:                                          "BAD_REQUEST",
		`{"note":"n"`:                                 "BAD_REQUEST",
		`{"Note":"n"}`:                                "FIELD_UNSUPPORTED",
		`{"note":"n","databases":["a"]}`:              "FIELD_UNSUPPORTED",
		`{"note":"n","scopes":[]}`:                    "BAD_REQUEST",
		`{"note":"n","networks":[]}`:                  "BAD_REQUEST",
		`{"note":"n","routes":[]}`:                    "BAD_REQUEST",
		`{"note":"n","networks":["10.0.0.1/8"]}`:      "BAD_REQUEST",
		`{"note":"n","networks":["everywhere"]}`:      "BAD_REQUEST",
		`{"note":"n","networks":["fe80::1%eth0"]}`:    "BAD_REQUEST",
		`{"note":"n","routes":["v1"]}`:                "BAD_REQUEST",
		`{"note":"n","expiration":""}`:                "EXPIRATION_INVALID",
		`{"note":"n","expiration":"7"}`:               "EXPIRATION_INVALID",
		`{"note":"n","authorization":"all"}`:          "AUTHORIZATION_INVALID",
		`{"note":"n","authorization":""}`:             "AUTHORIZATION_INVALID",
	} {
		rig.do(http.MethodPost, tokens, body).WantError(t, http.StatusBadRequest, code, "")
	}
	rig.do(http.MethodPost, tokens, `{"note":"`+strings.Repeat("x", 70<<10)+`"}`).WantError(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "")
	if got := rig.do(http.MethodGet, tokens, ""); got.Text != `{"tokens":[],"next":null}` {
		t.Errorf("after refusals only there is %s", got.Text)
	}
}

func TestNotesKeepEveryCharacter(t *testing.T) {
	rig := newRig(t)
	for _, note := range []string{strings.Repeat("本", 200), "🎌 <b>&amp;</b> \"x\" \\", "a\u200db"} {
		body, _ := json.Marshal(map[string]string{"note": note})
		id := rig.create(t, string(body)).String("id")
		if got := rig.do(http.MethodGet, tokens+"/"+id, "").String("note"); got != note {
			t.Errorf("got %q, want %q", got, note)
		}
	}
}

func TestWhoMayNotComeIn(t *testing.T) {
	rig := newRig(t)
	minted := rig.create(t, `{"note":"n"}`).String("token")
	for name, headers := range map[string][]string{
		"nobody": nil, "a developer token": {"Bearer " + minted}, "a stranger": {"Bearer Xk7wQ2m9Zr4tLp6v"}, "Basic": {"Basic eDp5"},
		"two headers": {"Bearer " + issuertest.OpsSecret, "Bearer " + issuertest.OpsSecret}, "a bare key": {issuertest.OpsSecret},
	} {
		r := httptest.NewRequest(http.MethodGet, tokens, nil)
		r.Header["Authorization"] = headers
		r.Header.Set("X-API-Key", issuertest.OpsSecret)
		a := issuertest.Serve(rig.door, r)
		a.WantError(t, http.StatusUnauthorized, "ADMIN_KEY_INVALID", "Unauthorized")
		if a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no challenge", name)
		}
	}
	r := issuertest.Request(http.MethodGet, tokens, "")
	r.Header.Set("Authorization", "Bearer "+issuertest.MintSecret)
	issuertest.Serve(rig.door, r).WantError(t, http.StatusForbidden, "PERMISSION_DENIED", "")
}

func TestPathsAndMethods(t *testing.T) {
	rig := newRig(t)
	for path, allow := range map[string]string{
		tokens: "POST, GET, DELETE", tokens + "/x": "GET, DELETE", tokens + "/x/rotate": "POST", tokens + "/prune": "POST, GET, DELETE",
	} {
		a := rig.do(http.MethodPut, path, "")
		if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != allow {
			t.Errorf("%s: %d, Allow %q", path, a.Status, a.Header.Get("Allow"))
		}
	}
	for _, path := range []string{tokens + "/", tokens + "/a/b", tokens + "/a%2fb"} {
		rig.do(http.MethodGet, path, "").WantError(t, http.StatusNotFound, "NOT_FOUND", "")
	}
	if devtokens.Owns(httptest.NewRequest(http.MethodGet, "/devtokensx", nil)) || !devtokens.Owns(httptest.NewRequest(http.MethodGet, "/devtokens/x/y", nil)) {
		t.Error("the door owns other paths than its own")
	}
}

func TestTheListIsFiltered(t *testing.T) {
	rig := newRig(t)
	old := rig.create(t, `{"note":"old","app":"shop"}`).String("id")
	rig.Advance(91 * 24 * time.Hour)
	fresh, gone := rig.create(t, `{"note":"fresh"}`).String("id"), rig.create(t, `{"note":"gone","app":"shop"}`).String("id")
	rig.do(http.MethodDelete, tokens+"/"+gone, "")
	for query, want := range map[string][]string{
		"?app=shop": {gone, old}, "?unused=90d": {old}, "?status=revoked": {gone}, "?status=active&app=shop": {old},
		"?created_by=ops&status=active": {fresh, old}, "?created_by=nobody": nil, "?limit=1&status=active": {fresh},
	} {
		got := rig.list(t, query)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"?status=x", "?unused=never", "?unused=", "?limit=0", "?cursor=x", "?app=a&app=b", "?note=x"} {
		if a := rig.do(http.MethodGet, tokens+query, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%s: got %d", query, a.Status)
		}
	}
}

func TestRevokingOneSeveralAndAllOfAnApp(t *testing.T) {
	rig := newRig(t)
	var ids []string
	for range 5 {
		ids = append(ids, rig.create(t, `{"note":"n","app":"shop"}`).String("id"))
	}
	if a := rig.do(http.MethodDelete, tokens+"/"+ids[0]+"?reason=leaked", ""); a.Status != http.StatusOK || a.String("status") != "revoked" || a.String("reason") != "leaked" || a.String("revoked_by") != "ops" {
		t.Errorf("one: %d %s", a.Status, a.Text)
	}
	rig.do(http.MethodPost, tokens+"/revoke", `{"ids":["`+ids[1]+`","jt_unknown"]}`).WantError(t, http.StatusNotFound, "TOKEN_NOT_FOUND", "Token not found")
	if a := rig.do(http.MethodPost, tokens+"/revoke", `{"ids":["`+ids[1]+`","`+ids[2]+`"],"reason":"x"}`); a.Status != http.StatusOK || len(a.Body["tokens"].([]any)) != 2 {
		t.Errorf("several: %d %s", a.Status, a.Text)
	}
	for _, query := range []string{"", "?app=", "?app=shop&created_by=", "?reason=x", "?all=true"} {
		if a := rig.do(http.MethodDelete, tokens+query, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%q: %d %s", query, a.Status, a.Text)
		}
	}
	if a := rig.do(http.MethodDelete, tokens+"?app=shop", ""); a.Body["revoked"] != 2.0 {
		t.Errorf("all: %s", a.Text)
	}
	if left := rig.list(t, "?status=active"); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
	for _, body := range []string{"", "{}", `{"ids":[]}`, `{"ids":"x"}`, `{"ids":["` + ids[0] + `"],"reason":"` + strings.Repeat("x", 201) + `"}`} {
		if a := rig.do(http.MethodPost, tokens+"/revoke", body); a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, a.Status)
		}
	}
}

func TestPruningRevokesExactlyWhatTheDryRunLists(t *testing.T) {
	rig := newRig(t)
	old, used := rig.create(t, `{"note":"old"}`).String("id"), rig.create(t, `{"note":"used"}`).String("id")
	rig.Advance(90 * 24 * time.Hour)
	if err := rig.Store.MarkUsed(t.Context(), map[string]time.Time{used: rig.Now()}); err != nil {
		t.Fatal(err)
	}
	rig.create(t, `{"note":"new"}`)
	if a := rig.do(http.MethodPost, tokens+"/prune", `{"unused":"90d","dry_run":true}`); a.Text != `{"dry_run":true,"revoked":0,"ids":["`+old+`"]}` || len(rig.list(t, "?status=active")) != 3 {
		t.Errorf("dry: %s", a.Text)
	}
	if a := rig.do(http.MethodPost, tokens+"/prune", `{"unused":"90d"}`); a.Text != `{"dry_run":false,"revoked":1,"ids":["`+old+`"]}` {
		t.Errorf("got %s", a.Text)
	}
	if a := rig.do(http.MethodGet, tokens+"/"+old, ""); a.String("reason") != "not used for 90d" {
		t.Errorf("got %s", a.Text)
	}
	for _, body := range []string{"", "{}", `{"unused":""}`, `{"unused":"never"}`, `{"unused":90}`, `{"dry_run":true}`, `{"unused":"90d","dryRun":true}`, `{"unused":"90d","app":""}`} {
		if a := rig.do(http.MethodPost, tokens+"/prune", body); a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, a.Status, a.Text)
		}
	}
}

func TestRotateKeepsEverythingButTheSecret(t *testing.T) {
	rig := newRig(t)
	old := rig.create(t, `{"note":"n","app":"shop","scopes":["read"],"authorization":"read-only","expiration":"30d"}`)
	next := rig.do(http.MethodPost, tokens+"/"+old.String("id")+"/rotate?grace=24h", "")
	if next.Status != http.StatusCreated || next.String("replaces") != old.String("id") || next.String("token") == old.String("token") {
		t.Fatalf("got %d %s", next.Status, next.Text)
	}
	for _, field := range []string{"note", "app", "scopes", "authorization", "expires_at"} {
		was, _ := json.Marshal(old.Body[field])
		if is, _ := json.Marshal(next.Body[field]); string(is) != string(was) {
			t.Errorf("%s was %s and is %s", field, was, is)
		}
	}
	if a := rig.do(http.MethodGet, tokens+"/"+old.String("id"), ""); a.String("status") != "rotating" || a.String("rotated_to") != next.String("id") || a.String("grace_until") == "" {
		t.Errorf("the old one: %s", a.Text)
	}
}
