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
func (r *rig) as(secret, path string) issuertest.Answer {
	q := issuertest.Request(http.MethodGet, path, "")
	q.Header.Set("Authorization", "Bearer "+secret)
	return r.serve(q)
}

func TestValidateTellsThatTheKeyDoesNotExpire(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{"/v1/auth/validate", "/v1/auth/api-tokens/validate"} {
		if a := rig.do(http.MethodGet, path, ""); a.Status != http.StatusOK || a.Text != `{"exp":-1}` {
			t.Errorf("got %d %s", a.Status, a.Text)
		}
		rig.as("not-a-key-of-ours", path).WantError(t, http.StatusUnauthorized, "ADMIN_KEY_INVALID", "")
	}
}

func TestOrganizationsComeInTheShapeThatTheClientReads(t *testing.T) {
	rig := newRig(t)
	if a := rig.do(http.MethodGet, "/v1/organizations", ""); !strings.HasPrefix(a.Text, "[{") {
		t.Errorf("v1: %s", a.Text)
	}
	if a := rig.do(http.MethodGet, "/v2/organizations", ""); !strings.HasPrefix(a.Text, `{"organizations":[{`) {
		t.Errorf("v2: %s", a.Text)
	}
	q := issuertest.Request(http.MethodGet, "/v1/organizations", "")
	q.Header.Set("User-Agent", "@tursodatabase/api")
	if a := rig.serve(q); !strings.HasPrefix(a.Text, `{"organizations":[{`) {
		t.Errorf("SDK: %s", a.Text)
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
		if a := rig.as(issuertest.GroupSecret, path); strings.Contains(a.Text, secretText) {
			t.Errorf("%s shows %s: %s", path, secretText, a.Text)
		}
	}
	for path, code := range map[string]string{
		"/v1/organizations/my-org/databases/staging-db": "DATABASE_NOT_FOUND",
		"/v1/organizations/my-org/groups/staging":       "GROUP_NOT_FOUND",
		"/v1/organizations/other-org/groups/default":    "NOT_FOUND",
	} {
		rig.as(issuertest.GroupSecret, path).WantError(t, http.StatusNotFound, code, "")
	}
}

func TestDatabasesHaveWhatTursosClientsRead(t *testing.T) {
	rig := newRig(t)
	a := rig.do(http.MethodGet, "/v1/organizations/my-org/databases", "")
	list := a.Body["databases"].([]any)
	if len(list) != 4 {
		t.Fatalf("got %s", a.Text)
	}
	db := list[0].(map[string]any)
	for field, want := range map[string]any{
		"Name": "my-db", "Hostname": "my-db.db.example.com", "group": "production", "primaryRegion": "default", "version": "tech-preview",
	} {
		if db[field] != want {
			t.Errorf("%s is %v, want %v", field, db[field], want)
		}
	}
	one := rig.do(http.MethodGet, "/v1/organizations/my-org/databases/my-db", "").Body["database"].(map[string]any)
	if one["DbId"] != db["DbId"] || len(db["DbId"].(string)) != 36 {
		t.Errorf("ids %v and %v", one["DbId"], db["DbId"])
	}
	if a := rig.do(http.MethodGet, "/v1/organizations/my-org/databases?group=staging", ""); len(a.Body["databases"].([]any)) != 1 {
		t.Errorf("filtered: %s", a.Text)
	}
}

func TestGroupsHaveWhatTursosClientsRead(t *testing.T) {
	rig := newRig(t)
	a := rig.do(http.MethodGet, "/v1/organizations/my-org/groups/production", "")
	group := a.Body["group"].(map[string]any)
	if group["name"] != "production" || group["primary"] != "default" || len(group["locations"].([]any)) != 1 {
		t.Errorf("got %s", a.Text)
	}
	if a := rig.do(http.MethodGet, "/v1/organizations/my-org/groups", ""); len(a.Body["groups"].([]any)) != 2 {
		t.Errorf("got %s", a.Text)
	}
}

func TestPlainHTTPIsCalledLocal(t *testing.T) {
	rig := newRig(t)
	rig.door = turso.New(rig.Service, "http://{database}-{organization}.localhost:8080")
	a := rig.do(http.MethodGet, "/v1/organizations/my-org/databases/my-db", "")
	db := a.Body["database"].(map[string]any)
	if db["Hostname"] != "my-db-my-org.localhost:8080" || db["primaryRegion"] != "local" {
		t.Errorf("got %s", a.Text)
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
		if a := single.do(call[0], call[1], ""); a.Status != http.StatusOK {
			t.Errorf("%s %s: %d %s", call[0], call[1], a.Status, a.Text)
		}
	}
	if a := single.do(http.MethodGet, "/v2/organizations", ""); !strings.Contains(a.Text, `"type":"personal"`) {
		t.Errorf("the only organization is not the personal one: %s", a.Text)
	}
	several := newRig(t)
	several.do(http.MethodPost, "/v1/databases/my-db/auth/tokens", "").WantError(t, http.StatusNotFound, "NOT_FOUND", "organization not found")
	if a := several.as(issuertest.GroupSecret, "/v1/databases"); a.Status != http.StatusOK {
		t.Errorf("a key of one organization among several: %d %s", a.Status, a.Text)
	}
}

func TestTheCommandLineIsNotToldToUpdate(t *testing.T) {
	rig := newRig(t)
	r := issuertest.Request(http.MethodGet, "/releases/latest", "")
	r.Header.Del("Authorization")
	if a := rig.serve(r); a.Status != http.StatusOK || a.Text != `{"latest":"v0.0.1"}` {
		t.Errorf("got %d %s", a.Status, a.Text)
	}
}
