package turso_test

import (
	"net/http"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/turso"
)

const (
	databaseTokens = "/v1/organizations/my-org/databases/my-db/auth/tokens"
	databaseRotate = "/v1/organizations/my-org/databases/my-db/auth/rotate"
	groupTokens    = "/v1/organizations/my-org/groups/production/auth/tokens"
	groupRotate    = "/v1/organizations/my-org/groups/production/auth/rotate"
)

// rig is a door in a world.
type rig struct {
	*issuertest.World
	door *turso.Door
}

func newRig(t testing.TB, change ...func(*issuer.Options)) *rig {
	t.Helper()
	w := issuertest.New(t, change...)
	return &rig{World: w, door: turso.New(w.Service, "{database}.db.example.com")}
}

func (r *rig) serve(request *http.Request) issuertest.Answer {
	if !turso.Owns(request) {
		return issuertest.Answer{Status: http.StatusTeapot} // the next handler's
	}
	return issuertest.Serve(r.door, request)
}

func (r *rig) do(method, target, body string) issuertest.Answer {
	return r.serve(issuertest.Request(method, target, body))
}

// mint makes a token and gives its id.
func (r *rig) mint(t testing.TB, path string) (id string) {
	t.Helper()
	a := r.do(http.MethodPost, path, "")
	if a.Status != http.StatusOK || a.String("id") == "" {
		t.Fatalf("minting: %d %s", a.Status, a.Text)
	}
	return a.String("id")
}
