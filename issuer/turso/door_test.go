package turso_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/turso"
)

func TestWhoMayNotComeIn(t *testing.T) {
	rig := newRig(t)
	minted := rig.do(http.MethodPost, databaseTokens, "").String("jwt")
	for name, headers := range map[string][]string{
		"no header":                       nil,
		"an empty header":                 {""},
		"the bare key":                    {issuertest.OpsSecret},
		"Basic":                           {"Basic b3BzOnNlY3JldA=="},
		"another scheme with the key":     {"Token " + issuertest.OpsSecret},
		"Bearer alone":                    {"Bearer"},
		"Bearer and a space":              {"Bearer "},
		"a key that is not ours":          {"Bearer Xk7wQ2m9Zr4tLp6v"},
		"half a key":                      {"Bearer " + issuertest.OpsSecret[:10]},
		"a key and more":                  {"Bearer " + issuertest.OpsSecret + " x"},
		"a key after two spaces":          {"Bearer  " + issuertest.OpsSecret},
		"a key after a tab":               {"Bearer\t" + issuertest.OpsSecret},
		"two keys in one header":          {"Bearer " + issuertest.OpsSecret + ",Bearer " + issuertest.MintSecret},
		"two headers":                     {"Bearer " + issuertest.OpsSecret, "Bearer x"},
		"the same header twice":           {"Bearer " + issuertest.OpsSecret, "Bearer " + issuertest.OpsSecret},
		"a token that was minted here":    {"Bearer " + minted},
		"a header of a hundred kilobytes": {"Bearer " + strings.Repeat("x", 100<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			r := issuertest.Request(http.MethodPost, databaseTokens, "")
			r.Header["Authorization"] = headers
			a := rig.serve(r)
			a.WantError(t, http.StatusUnauthorized, "ADMIN_KEY_INVALID", "Invalid or expired auth token")
			if got := a.Header.Get("WWW-Authenticate"); got != `Bearer realm="sekisho"` {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
	if n := len(rig.Audit(t)); n != 1 {
		t.Errorf("strangers wrote to the audit log: %d events, want the one mint", n)
	}
}

func TestAKeyInAnyOtherPlaceIsNoKey(t *testing.T) {
	rig := newRig(t)
	r := httptest.NewRequest(http.MethodPost, databaseTokens+"?token="+issuertest.OpsSecret, nil)
	r.Header.Set("X-API-Key", issuertest.OpsSecret)
	r.AddCookie(&http.Cookie{Name: "Authorization", Value: issuertest.OpsSecret})
	rig.serve(r).WantError(t, http.StatusUnauthorized, "ADMIN_KEY_INVALID", "")
}

func TestTheSchemeMayBeWrittenInAnyCase(t *testing.T) {
	rig := newRig(t)
	for _, scheme := range []string{"bearer", "BEARER"} {
		r := issuertest.Request(http.MethodPost, databaseTokens, "")
		r.Header.Set("Authorization", scheme+" "+issuertest.OpsSecret)
		if a := rig.serve(r); a.Status != http.StatusOK {
			t.Errorf("%s: %d", scheme, a.Status)
		}
	}
}

func TestOtherMethodsAreToldWhichOnesThereAre(t *testing.T) {
	rig := newRig(t)
	for path, allow := range map[string]string{
		databaseTokens:                       "POST, GET",
		groupTokens:                          "POST, GET",
		databaseRotate:                       "POST",
		databaseTokens + "/abc":              "DELETE",
		"/v1/auth/validate":                  "GET",
		"/v1/databases/my-db/auth/rotate":    "POST",
		"/v1/organizations/my-org/databases": "GET",
	} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodOptions, http.MethodHead, "post", "TRACE"} {
			a := rig.do(method, path, "")
			if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != allow {
				t.Errorf("%s %s: %d, Allow %q; want %q", method, path, a.Status, a.Header.Get("Allow"), allow)
			}
		}
	}
}

func TestPathsThatCouldBeReadTwoWaysMintNothing(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{
		databaseTokens + "/",
		"/v1/organizations/my-org/databases/a%2Fmy-db/auth/tokens",
		"/v1/organizations/my-org/databases/my-db%2Fauth%2Ftokens",
		"/v1/organizations/my-org/databases/my-db%5Cauth/auth/tokens",
		"/v1/organizations/my-org//databases/my-db/auth/tokens",
		"/v1/organizations//databases/my-db/auth/tokens",
		"/v1/organizations/my-org/databases//auth/tokens",
		"/v1/organizations/my-org/databases/./my-db/auth/tokens",
		"/v1/organizations/my-org/databases/x/../my-db/auth/tokens",
		"/v1/organizations/my-org/databases/x/%2e%2e/my-db/auth/tokens",
		"/v1/organizations/other-org/../my-org/databases/my-db/auth/tokens",
		"/v1/organizations/my-org/databases/%6dy-db%00/auth/tokens",
		"/v1/organizations/my-org/databases/%256dy-db/auth/tokens",
		"/v1/organizations/my-org/databases/my-db/auth/tokens/extra/parts",
		"/v1/organizations/my-org/databases/my-db/auth/Tokens",
		"/v1/Organizations/my-org/databases/my-db/auth/tokens",
		"/V1/organizations/my-org/databases/my-db/auth/tokens",
		"/v1.0/organizations/my-org/databases/my-db/auth/tokens",
		"/v3/organizations/my-org/databases/my-db/auth/tokens",
		"//v1/organizations/my-org/databases/my-db/auth/tokens",
		"/x/v1/organizations/my-org/databases/my-db/auth/tokens",
		"/v1/organizations/my-org/databases/my-db/auth/tokens;x=1",
	} {
		t.Run(path, func(t *testing.T) {
			r := issuertest.Request(http.MethodPost, databaseTokens, "")
			u, err := url.ParseRequestURI("http://tokens.example.com" + path)
			if err != nil {
				t.Fatal(err)
			}
			r.URL = u
			a := rig.serve(r)
			if a.String("jwt") != "" || a.Status == http.StatusOK {
				t.Errorf("minted: %s", a.Text)
			}
			if a.Status != http.StatusTeapot && a.Status != http.StatusNotFound {
				t.Errorf("got %d, want 404 or the next handler", a.Status)
			}
		})
	}
}

func TestSegmentsAreDecodedOnce(t *testing.T) {
	rig := newRig(t)
	if a := rig.do(http.MethodPost, "/v1/organizations/my%2Dorg/databases/my-d%62/auth/tokens", ""); a.Status != http.StatusOK {
		t.Errorf("got %d %s", a.Status, a.Text)
	}
}

func TestTheDoorOwnsThePlatformApiAndNothingElse(t *testing.T) {
	for path, want := range map[string]bool{
		databaseTokens:                   true,
		"/v1/databases":                  true,
		"/v1/locations":                  true,
		"/v2/auth/api-tokens/x":          true,
		"/v3/organizations/x/databases":  true,
		"/v1/organizations/my-org/usage": true,
		"/releases/latest":               true,

		"":                    false,
		"/":                   false,
		"/v1":                 false,
		"/v1/":                false,
		"/v1/execute":         false, // these are a libSQL server's
		"/v2/pipeline":        false,
		"/v3/cursor":          false,
		"/v4/organizations":   false,
		"/v1/organizationsx":  false,
		"/api/tokens":         false,
		"/releases/latest/x":  false,
		"/x/v1/organizations": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://tokens.example.com/", nil)
		r.URL.Path = path
		if got := turso.Owns(r); got != want {
			t.Errorf("%q: got %v, want %v", path, got, want)
		}
	}
}

func TestOwnedPathsThatAreNotServedAreACleanNotFound(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{
		"/v1/organizations/my-org/members", "/v1/locations", "/v1/current-user", "/v2/auth/api-tokens/x",
		"/v1/databases/my-db/stats", "/v3/organizations/my-org/databases",
	} {
		rig.do(http.MethodGet, path, "").WantError(t, http.StatusNotFound, "NOT_FOUND", "")
	}
}

func TestNoAdminKeyStaysBehind(t *testing.T) {
	rig := newRig(t)
	id := rig.mint(t, databaseTokens)
	jwt := rig.do(http.MethodPost, groupTokens, "").String("jwt")
	rig.do(http.MethodGet, groupTokens, "")
	rig.do(http.MethodDelete, databaseTokens+"/"+id, "")
	rig.do(http.MethodDelete, databaseTokens+"/"+jwt, "")
	rig.do(http.MethodPost, "/v1/organizations/my-org/databases/"+jwt+"/auth/tokens", "")
	kept := rig.Log.String() + rig.Stored(t)
	for _, secret := range []string{issuertest.OpsSecret, jwt} {
		if strings.Contains(kept, secret) {
			t.Errorf("a secret of %d bytes stayed in log or store", len(secret))
		}
	}
}
