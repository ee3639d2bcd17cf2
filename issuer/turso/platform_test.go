package turso_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/turso"
	"github.com/sekisho-project/sekisho/token/catalog"
)

// as is a GET with another key.
func (r *rig) as(t testing.TB, secret, path string) answer {
	t.Helper()
	q := request(http.MethodGet, path, "")
	q.Header.Set("Authorization", "Bearer "+secret)
	return r.serve(t, q)
}

func TestValidateTellsThatTheKeyDoesNotExpire(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{"/v1/auth/validate", "/v1/auth/api-tokens/validate"} {
		if a := rig.do(t, http.MethodGet, path, ""); a.status != http.StatusOK || a.text != `{"exp":-1}` {
			t.Errorf("got %d %s", a.status, a.text)
		}
		wantError(t, rig.as(t, "not-a-key-of-ours", path), http.StatusUnauthorized, "ADMIN_KEY_INVALID", "")
	}
}

func TestOrganizationsComeInTheShapeThatTheClientReads(t *testing.T) {
	rig := newRig(t)
	if a := rig.do(t, http.MethodGet, "/v1/organizations", ""); !strings.HasPrefix(a.text, "[{") {
		t.Errorf("v1: %s", a.text)
	}
	if a := rig.do(t, http.MethodGet, "/v2/organizations", ""); !strings.HasPrefix(a.text, `{"organizations":[{`) {
		t.Errorf("v2: %s", a.text)
	}
	q := request(http.MethodGet, "/v1/organizations", "")
	q.Header.Set("User-Agent", "@tursodatabase/api")
	if a := rig.serve(t, q); !strings.HasPrefix(a.text, `{"organizations":[{`) {
		t.Errorf("SDK: %s", a.text)
	}
}

func TestAKeySeesOnlyItsOwnOrganizationsAndGroups(t *testing.T) {
	rig := newRig(t)
	for path, secretText := range map[string]string{
		"/v2/organizations":                     "other-org",
		"/v1/organizations/my-org/databases":    "staging-db",
		"/v1/organizations/my-org/groups":       "staging",
		"/v1/databases":                         "their-db",
		"/v1/organizations/my-org/databases/":   "my-db",
		"/v1/organizations/other-org/databases": "their-db",
	} {
		if a := rig.as(t, issuertest.GroupSecret, path); strings.Contains(a.text, secretText) {
			t.Errorf("%s shows %s: %s", path, secretText, a.text)
		}
	}
	for path, code := range map[string]string{
		"/v1/organizations/my-org/databases/staging-db": "DATABASE_NOT_FOUND",
		"/v1/organizations/my-org/groups/staging":       "GROUP_NOT_FOUND",
		"/v1/organizations/other-org/groups/default":    "NOT_FOUND",
	} {
		wantError(t, rig.as(t, issuertest.GroupSecret, path), http.StatusNotFound, code, "")
	}
}

func TestDatabasesHaveWhatTursosClientsRead(t *testing.T) {
	rig := newRig(t)
	a := rig.do(t, http.MethodGet, "/v1/organizations/my-org/databases", "")
	list := a.body["databases"].([]any)
	if len(list) != 4 {
		t.Fatalf("got %s", a.text)
	}
	db := list[0].(map[string]any)
	for field, want := range map[string]any{
		"Name": "my-db", "Hostname": "my-db.db.example.com", "group": "production", "primaryRegion": "default", "version": "tech-preview",
	} {
		if db[field] != want {
			t.Errorf("%s is %v, want %v", field, db[field], want)
		}
	}
	one := rig.do(t, http.MethodGet, "/v1/organizations/my-org/databases/my-db", "").body["database"].(map[string]any)
	if one["DbId"] != db["DbId"] || len(db["DbId"].(string)) != 36 {
		t.Errorf("ids %v and %v", one["DbId"], db["DbId"])
	}
	if a := rig.do(t, http.MethodGet, "/v1/organizations/my-org/databases?group=staging", ""); len(a.body["databases"].([]any)) != 1 {
		t.Errorf("filtered: %s", a.text)
	}
}

func TestGroupsHaveWhatTursosClientsRead(t *testing.T) {
	rig := newRig(t)
	a := rig.do(t, http.MethodGet, "/v1/organizations/my-org/groups/production", "")
	group := a.body["group"].(map[string]any)
	if group["name"] != "production" || group["primary"] != "default" || len(group["locations"].([]any)) != 1 {
		t.Errorf("got %s", a.text)
	}
	if a := rig.do(t, http.MethodGet, "/v1/organizations/my-org/groups", ""); len(a.body["groups"].([]any)) != 2 {
		t.Errorf("got %s", a.text)
	}
}

func TestPlainHTTPIsCalledLocal(t *testing.T) {
	rig := newRig(t)
	rig.door = turso.New(rig.Service, "http://{database}-{organization}.localhost:8080")
	a := rig.do(t, http.MethodGet, "/v1/organizations/my-org/databases/my-db", "")
	db := a.body["database"].(map[string]any)
	if db["Hostname"] != "my-db-my-org.localhost:8080" || db["primaryRegion"] != "local" {
		t.Errorf("got %s", a.text)
	}
}

func TestPathsWithoutAnOrganizationMeanTheOnlyOne(t *testing.T) {
	single := newRig(t, func(o *issuer.Options) {
		o.Catalog = catalog.New()
		if err := o.Catalog.Add("my-org", "production", "my-db"); err != nil {
			t.Fatal(err)
		}
	})
	id := single.mint(t, "/v1/databases/my-db/auth/tokens")
	single.mint(t, "/v1/groups/production/auth/tokens")
	for _, call := range [][2]string{
		{http.MethodGet, "/v1/databases"},
		{http.MethodGet, "/v1/databases/my-db"},
		{http.MethodGet, "/v1/groups/production"},
		{http.MethodGet, "/v1/databases/my-db/auth/tokens"},
		{http.MethodDelete, "/v1/databases/my-db/auth/tokens/" + id},
		{http.MethodPost, "/v1/groups/production/auth/rotate"},
	} {
		if a := single.do(t, call[0], call[1], ""); a.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", call[0], call[1], a.status, a.text)
		}
	}
	if a := single.do(t, http.MethodGet, "/v2/organizations", ""); !strings.Contains(a.text, `"type":"personal"`) {
		t.Errorf("the only organization is not the personal one: %s", a.text)
	}
	several := newRig(t)
	wantError(t, several.do(t, http.MethodPost, "/v1/databases/my-db/auth/tokens", ""), http.StatusNotFound, "NOT_FOUND", "organization not found")
	if a := several.as(t, issuertest.GroupSecret, "/v1/databases"); a.status != http.StatusOK {
		t.Errorf("a key of one organization among several: %d %s", a.status, a.text)
	}
}

func TestTheCommandLineIsNotToldToUpdate(t *testing.T) {
	rig := newRig(t)
	r := request(http.MethodGet, "/releases/latest", "")
	r.Header.Del("Authorization")
	if a := rig.serve(t, r); a.status != http.StatusOK || a.text != `{"latest":"v0.0.1"}` {
		t.Errorf("got %d %s", a.status, a.text)
	}
}
