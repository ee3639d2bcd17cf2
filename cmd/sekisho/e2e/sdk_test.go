package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

func TestTheSDKMintsAndRotates(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	printed := node(t, testrig.Script{Path: "testdata/clients/sdk.mjs", Env: []string{
		"ADMIN_KEY=" + h.adminKey, "PLATFORM_URL=http://" + h.Tokens + "/v1/",
	}})
	var got struct {
		Before, After struct{ Database, Group string }
		Errors        map[string]string
	}
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
	for _, retired := range []string{got.Before.Database, got.Before.Group} {
		h.mustQuery(t, "my-db", retired, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
	}
	h.wantAccess(t, got.After.Database, "full-access")
	h.wantAccess(t, got.After.Group, "full-access")
	for what, want := range map[string]string{
		"no such database":   "404 could not find database with name no-db: record not found",
		"no such group":      "404 group not found",
		"no such expiration": "400 Invalid expiration format",
	} {
		if got.Errors[what] != want {
			t.Errorf("%s: the SDK says %q, want %q", what, got.Errors[what], want)
		}
	}
}
