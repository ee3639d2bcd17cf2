package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/oauth"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
)

type rig struct {
	*issuertest.World
	door *oauth.Door
}

func newRig(t testing.TB) *rig {
	w := issuertest.New(t)
	return &rig{World: w, door: oauth.New(w.Service)}
}

func (r *rig) post(path, body string, headers ...string) issuertest.Answer {
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)
	return issuertest.Serve(r.door, issuertest.Request(http.MethodPost, path, body, headers...))
}

func (r *rig) with(path, credential string) issuertest.Answer {
	return r.post(path, url.Values{"token": {credential}}.Encode())
}

func (r *rig) mint(t *testing.T) (user, database string) {
	t.Helper()
	hour := token.After(time.Hour)
	opaque, err := r.Service.MintOpaque(t.Context(), r.As(t, issuertest.OpsSecret), issuer.OpaqueRequest{
		Family: token.User, Holder: "user123", Scopes: []string{"read", "write"}, Expiration: &hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := r.Service.Mint(t.Context(), r.As(t, issuertest.OpsSecret), issuer.MintRequest{
		Subject: token.Subject{Family: token.Database, Organization: "my-org", Name: "my-db"}, Access: token.ReadOnly,
	})
	if err != nil {
		t.Fatal(err)
	}
	return opaque.Credential, jwt.JWT
}

func TestIntrospectionTellsWhatATokenIsGoodFor(t *testing.T) {
	rig := newRig(t)
	user, database := rig.mint(t)
	a := rig.with("/oauth/introspect", user)
	a.WantJSON(t)
	for field, want := range map[string]string{"scope": "read write", "sub": "user123", "token_type": "Bearer", "iss": "sekisho", "family": "user"} {
		if a.String(field) != want {
			t.Errorf("%s: got %s", field, a.Text)
		}
	}
	if a.Body["active"] != true || a.Body["exp"].(float64)-a.Body["iat"].(float64) != 3600 || strings.Contains(a.Text, user) {
		t.Errorf("got %s", a.Text)
	}
	if a := rig.with("/oauth/introspect", database); a.Body["active"] != true || a.String("sub") != "database/my-org/my-db" || a.String("scope") != "read-only" || a.Body["exp"] != nil {
		t.Errorf("got %s", a.Text)
	}
}

func TestOfATokenThatIsNotGoodNothingIsTold(t *testing.T) {
	rig := newRig(t)
	user, _ := rig.mint(t)
	unknown, _ := token.NewOpaque("token")
	rig.with("/oauth/revoke", user)
	for name, credential := range map[string]string{"revoked": user, "unknown": unknown, "no token": "x", "an admin key": issuertest.OpsSecret} {
		if a := rig.with("/oauth/introspect", credential); a.Status != http.StatusOK || a.Text != `{"active":false}` {
			t.Errorf("%s: got %d %s", name, a.Status, a.Text)
		}
	}
}

func TestRevocationAnswersTheSameForEveryToken(t *testing.T) {
	rig := newRig(t)
	user, database := rig.mint(t)
	unknown, _ := token.NewOpaque("token")
	for _, credential := range []string{user, user, database, database, unknown, "x"} {
		a := rig.with("/oauth/revoke", credential)
		a.WantJSON(t)
		if a.Status != http.StatusOK || a.Text != "{}" {
			t.Errorf("got %d %s", a.Status, a.Text)
		}
	}
	id, _ := token.ParseOpaque(user)
	if err := rig.Mirror.Judge(&token.Grant{ID: id, Family: token.User}, rig.Now()); err != revocation.ErrRevoked {
		t.Errorf("the user token: %v", err)
	}
	_, grant := rig.Verify(t, database)
	if err := rig.Mirror.Judge(grant, rig.Now()); err != revocation.ErrRevoked {
		t.Errorf("the database token: %v", err)
	}
	if kept := rig.Stored(t) + rig.Log.String(); strings.Contains(kept, user) || strings.Contains(kept, database) {
		t.Error("a secret stayed in store or log")
	}
}

func TestAStoreThatIsAwayIsNoSuccess(t *testing.T) {
	rig := newRig(t)
	user, _ := rig.mint(t)
	rig.Redis.SetError("LOADING the dataset")
	for _, path := range []string{"/oauth/revoke", "/oauth/introspect"} {
		a := rig.with(path, user)
		a.WantError(t, http.StatusServiceUnavailable, "STORE_UNAVAILABLE", "")
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
}

func TestRequestsThatAreNoForm(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{"/oauth/revoke", "/oauth/introspect"} {
		for _, body := range []string{"", "token=", "token=a&token=b", "tok=a", "token=a&client_secret=b", "token=a&token_type_hint=x&token_type_hint=y", "token=%zz", `{"token":"a"}`} {
			rig.post(path, body).WantError(t, http.StatusBadRequest, "BAD_REQUEST", "invalid_request")
		}
		rig.post(path, "token=a", "Content-Type", "application/json").WantError(t, http.StatusBadRequest, "BAD_REQUEST", "invalid_request")
		rig.post(path, "token=a", "Content-Type", "").WantError(t, http.StatusBadRequest, "BAD_REQUEST", "invalid_request")
		if a := rig.post(path+"?token=a", "token=a"); a.Status != http.StatusBadRequest {
			t.Errorf("a token in the query: %d", a.Status)
		}
		if a := rig.post(path, "token=a&token_type_hint=anything"); a.Status != http.StatusOK {
			t.Errorf("a hint: %d %s", a.Status, a.Text)
		}
		rig.post(path, "token="+strings.Repeat("x", 70<<10)).WantError(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "")
		if a := issuertest.Serve(rig.door, issuertest.Request(http.MethodGet, path, "")); a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "POST" {
			t.Errorf("GET: %d", a.Status)
		}
	}
}

func TestWhoMayAsk(t *testing.T) {
	rig := newRig(t)
	user, _ := rig.mint(t)
	ask := func(set func(*http.Request)) issuertest.Answer {
		r := httptest.NewRequest(http.MethodPost, "/oauth/introspect", strings.NewReader("token="+user))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		set(r)
		return issuertest.Serve(rig.door, r)
	}
	for name, set := range map[string]func(*http.Request){
		"nobody":             func(*http.Request) {},
		"the token itself":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+user) },
		"another name":       func(r *http.Request) { r.SetBasicAuth("minter", issuertest.OpsSecret) },
		"no name":            func(r *http.Request) { r.SetBasicAuth("", issuertest.OpsSecret) },
		"a wrong key":        func(r *http.Request) { r.SetBasicAuth("ops", "wrong") },
		"a key in X-API-Key": func(r *http.Request) { r.Header.Set("X-API-Key", issuertest.OpsSecret) },
		"two headers": func(r *http.Request) {
			r.SetBasicAuth("ops", issuertest.OpsSecret)
			r.Header.Add("Authorization", "Bearer x")
		},
		"a broken form of it": func(r *http.Request) { r.SetBasicAuth("ops", "%zz") },
	} {
		a := ask(set)
		if a.Status != http.StatusUnauthorized || a.String("error") != "invalid_client" || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: got %d %s", name, a.Status, a.Text)
		}
	}
	if a := ask(func(r *http.Request) { r.SetBasicAuth("ops", url.QueryEscape(issuertest.OpsSecret)) }); a.Body["active"] != true {
		t.Errorf("Basic: got %d %s", a.Status, a.Text)
	}
	a := ask(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+issuertest.MintSecret) })
	a.WantError(t, http.StatusForbidden, "PERMISSION_DENIED", "")
}
