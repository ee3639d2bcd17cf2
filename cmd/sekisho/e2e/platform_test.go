package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
)

// minted is the reply to a mint.
type minted struct {
	JWT           string
	ID            string
	ExpiresAt     *string `json:"expires_at"`
	Authorization string
	Warnings      []string
}

// The subjects that most tests mint for.
const (
	myDB       = "databases/my-db"
	otherDB    = "databases/other-db"
	production = "groups/production"
)

// auth is the URL under which the tokens of a subject are issued.
func (h *house) auth(subject, rest string) string {
	return "http://" + h.Tokens + "/v1/organizations/my-org/" + subject + "/auth/" + rest
}

// mint mints a token for a subject; query is without its "?", body may be empty.
func (h *house) mint(t *testing.T, subject, query, body string) minted {
	t.Helper()
	a := mustCall(t, http.MethodPost, h.auth(subject, "tokens?"+query), h.adminKey, body).wantStatus(t, http.StatusOK)
	var m minted
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%v in the reply to a mint: %s", err, a.body)
	}
	if m.JWT == "" || m.ID == "" {
		t.Fatalf("the reply to a mint lacks jwt or id: %s", a.body)
	}
	h.secrets.addJWT(m.JWT)
	return m
}

// revoke asks for one token to be taken back.
func (h *house) revoke(ctx context.Context, subject, id string) (answer, error) {
	return call(ctx, http.MethodDelete, h.auth(subject, "tokens/"+id), h.adminKey, "")
}

func (h *house) mustRevoke(t *testing.T, subject, id string) {
	t.Helper()
	a, err := h.revoke(t.Context(), subject, id)
	if err != nil {
		t.Fatal(err)
	}
	a.wantStatus(t, http.StatusOK)
}

// rotate retires the tokens of a subject; query is "keep=…" or "grace=…" or empty.
func (h *house) rotate(t *testing.T, subject, query string) {
	t.Helper()
	mustCall(t, http.MethodPost, h.auth(subject, "rotate?"+query), h.adminKey, "").wantStatus(t, http.StatusOK)
}
