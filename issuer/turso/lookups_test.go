package turso_test

import (
	"net/http"
	"testing"

	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
)

// lookups are what Turso's command line asks beside the description of a database or group.
var lookups = []string{"databases/my-db/configuration", "databases/my-db/usage", "databases/my-db/instances", "groups/production/configuration"}

func TestLookupsClaimNothingThatIsNotKnown(t *testing.T) {
	rig := newRig(t)
	const org = "/v1/organizations/my-org/"
	id := rig.do(http.MethodGet, org+"databases/my-db", "").Body["database"].(map[string]any)["DbId"].(string)
	const none = `{"rows_read":0,"rows_written":0,"storage_bytes":0,"bytes_synced":0}`
	for path, want := range map[string]string{
		"databases/my-db/configuration": `{"size_limit":"","allow_attach":true,"block_reads":false,"block_writes":false,"delete_protection":false,` +
			`"allowed_ips":[],"allowed_aws_vpc_ids":[]}`,
		"databases/my-db/usage": `{"database":{"uuid":"` + id + `","instances":[],"usage":` + none + `,"total":` + none + `}}`,
		"databases/my-db/usage?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z": `{"database":{"uuid":"` + id + `","instances":[],"usage":` + none + `,"total":` + none + `}}`,
		"databases/my-db/instances":       `{"instances":[]}`,
		"groups/production/configuration": `{"delete_protection":false}`,
	} {
		if a := rig.do(http.MethodGet, org+path, ""); a.Status != http.StatusOK || a.Text != want {
			t.Errorf("%s: %d %s\nwant %s", path, a.Status, a.Text, want)
		}
	}
	for _, path := range lookups {
		if a := rig.as(issuertest.GroupSecret, "/v1/"+path); a.Status != http.StatusOK {
			t.Errorf("%s without an organization, by a key of one: %d %s", path, a.Status, a.Text)
		}
	}
}

func TestLookupsTellNoMoreThanTheKeyMayKnow(t *testing.T) {
	rig := newRig(t)
	for _, path := range lookups {
		rig.as("not-a-key-of-ours", "/v1/organizations/my-org/"+path).WantError(t, http.StatusUnauthorized, "ADMIN_KEY_INVALID", "")
		rig.as(issuertest.ForeignSecret, "/v1/organizations/my-org/"+path).WantError(t, http.StatusNotFound, "NOT_FOUND", "")
	}
	for _, rest := range []string{"configuration", "usage", "instances"} {
		rig.as(issuertest.GroupSecret, "/v1/organizations/my-org/databases/staging-db/"+rest).WantError(t, http.StatusNotFound, "DATABASE_NOT_FOUND", "")
		rig.do(http.MethodGet, "/v1/organizations/my-org/databases/no-db/"+rest, "").WantError(t, http.StatusNotFound, "DATABASE_NOT_FOUND", "")
	}
	rig.as(issuertest.GroupSecret, "/v1/organizations/my-org/groups/staging/configuration").WantError(t, http.StatusNotFound, "GROUP_NOT_FOUND", "")
	rig.do(http.MethodGet, "/v1/organizations/my-org/groups/no-group/configuration", "").WantError(t, http.StatusNotFound, "GROUP_NOT_FOUND", "")
}

func TestWhatIsConfiguredIsNotChangedHere(t *testing.T) {
	rig := newRig(t)
	for _, path := range lookups {
		a := rig.do(http.MethodPatch, "/v1/organizations/my-org/"+path, `{"delete_protection":true}`)
		if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != http.MethodGet {
			t.Errorf("%s: %d %s", path, a.Status, a.Text)
		}
	}
}
