package e2e

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// withAllowed opens what is closed otherwise.
func withAllowed(words string) func(*site) {
	return func(s *site) { s.Allow = words }
}

// tried is what came of one thing that a replica did.
type tried[T any] struct {
	Value T
	Error string
}

// replica is what came of an embedded replica.
type replica struct {
	Synced      tried[bool]
	Read, After tried[[]string]
	Wrote       tried[int]
	Ways        map[string]string // of reading, with the error of each
	Gone        tried[bool]       // once the token is revoked
}

// replicate runs libSQL's own client with an embedded replica of a database.
func (h *house) replicate(t *testing.T, database, token string, env ...string) replica {
	t.Helper()
	printed := node(t, testrig.Script{Path: "testdata/clients/replica.mjs", Env: append([]string{
		"DB_URL=" + h.url(database), "DB_TOKEN=" + token, "REPLICA=" + filepath.Join(t.TempDir(), "replica.db"),
	}, env...)})
	var r replica
	printed = strings.TrimSpace(printed)
	printed = printed[strings.LastIndexByte(printed, '\n')+1:] // the client logs its failures before
	if err := json.Unmarshal([]byte(printed), &r); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
	return r
}

// replicaReads are the ways of reading that a replica does not take to the server,
// where a read-only token has no transaction.
var replicaReads = map[string]bool{
	"WITH": true, "VALUES": true, "PRAGMA": true, "pragma table": true, "executeMultiple": true,
}

func TestAnEmbeddedReplicaSyncsItsDatabaseAndNoOther(t *testing.T) {
	h := startHouse(t, withAllowed("replication"))
	full := h.furnish(t, "my-db")
	other := h.furnish(t, "other-db")
	before := h.users(t, "my-db", full)

	r := h.replicate(t, "my-db", h.mint(t, myDB, "authorization=read-only", "").JWT)
	if !r.Synced.Value || len(r.Read.Value) == 0 || !slices.Equal(r.Read.Value, r.After.Value) || !strings.Contains(r.Wrote.Error, "TOKEN_READ_ONLY") {
		t.Errorf("read-only: %+v", r)
	}
	for way, refused := range r.Ways {
		if works := refused == ""; works != replicaReads[way] || !works && !strings.Contains(refused, "TOKEN_READ_ONLY") {
			t.Errorf("read-only, by %s: %.300s", way, refused)
		}
	}
	if after := h.users(t, "my-db", full); after != before {
		t.Errorf("there were %v users, there are %v", before, after)
	}

	r = h.replicate(t, "my-db", full)
	if !r.Synced.Value || r.Wrote.Value != 1 || !slices.Contains(r.After.Value, "replica") || len(r.After.Value) != len(r.Read.Value)+1 {
		t.Errorf("full access: %+v", r)
	}
	if after := h.users(t, "my-db", full); after == before {
		t.Error("what the replica wrote is not in its database")
	}

	r = h.replicate(t, "my-db", other)
	if r.Synced.Error == "" || r.Read.Error == "" || !strings.Contains(r.Wrote.Error, "does not reach this database") {
		t.Errorf("a token for another database: %+v", r)
	}
	live := h.mint(t, myDB, "authorization=read-only", "")
	r = h.replicate(t, "my-db", live.JWT, "REVOKE_URL="+h.auth(myDB, "tokens/"+live.ID), "ADMIN_KEY="+h.adminKey)
	if !r.Synced.Value || r.Gone.Error == "" { // it asks until it gives up, and shows no reason
		t.Errorf("revoked between two syncs: %+v", r)
	}
	if log := h.gate.Log(); strings.Contains(log, full) || strings.Contains(log, other) {
		t.Error("a replica's token is in the log of the gate")
	}
}

func TestAnEmbeddedReplicaWhereNoneIsAllowed(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	r := h.replicate(t, "my-db", full)
	if r.Synced.Error == "" || r.Read.Error == "" || !strings.Contains(r.Wrote.Error, "Connect without a sync URL") {
		t.Errorf("%+v", r)
	}
}

func TestADumpHoldsTheTokensDatabaseOnly(t *testing.T) {
	h := startHouse(t, withAllowed("dump"))
	h.furnish(t, "my-db")
	readOnly := h.mint(t, myDB, "authorization=read-only", "").JWT
	a := mustCall(t, http.MethodGet, h.url("my-db")+"/dump", readOnly, "").wantStatus(t, http.StatusOK)
	if !strings.Contains(a.body, "CREATE TABLE") || !strings.Contains(a.body, "users") {
		t.Errorf("dumped %s", a.body)
	}
	mustCall(t, http.MethodGet, h.url("other-db")+"/dump", readOnly, "").wantStatus(t, http.StatusForbidden)
	mustCall(t, http.MethodGet, h.url("my-db")+"/beta/listen?table=users", readOnly, "").wantStatus(t, http.StatusNotFound)
}
