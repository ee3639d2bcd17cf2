package e2e

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// startUp is how long anything may take that takes no time on an idle machine.
const startUp = time.Minute

// wantVerdict waits until the gate is ready to say something, and checks what.
func (h *house) wantVerdict(t *testing.T, token string, status int) {
	t.Helper()
	eventually(t, "the gate's verdict", startUp, status, func(ctx context.Context) (answer, error) {
		a, err := h.query(ctx, "my-db", token, "SELECT 1")
		if err == nil && a.status != status && a.status != http.StatusServiceUnavailable {
			t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
		}
		return a, err
	})
}

func TestRevokingOneTokenOfTwo(t *testing.T) {
	for store, options := range map[string][]func(*site){
		"embedded": nil,
		"redis":    {withRedis(startRedis(t))},
	} {
		t.Run(store, func(t *testing.T) {
			h := startHouse(t, options...)
			revoked, kept := h.mint(t, myDB, "expiration=1h", ""), h.mint(t, myDB, "", "")
			h.wantVerdict(t, revoked.JWT, http.StatusOK)
			h.mustRevoke(t, myDB, revoked.ID)
			a := h.mustQuery(t, "my-db", revoked.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
			if a.header.Get("WWW-Authenticate") == "" || a.code() != "AUTH_JWT_INVALID" {
				t.Errorf("the refusal has challenge %q and body %s", a.header.Get("WWW-Authenticate"), a.body)
			}
			h.mustQuery(t, "my-db", kept.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
			h.mustRevoke(t, myDB, revoked.ID) // again: no error

			if err := h.gate.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := h.gate.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.wantVerdict(t, kept.JWT, http.StatusOK)
			h.wantVerdict(t, revoked.JWT, http.StatusUnauthorized)
		})
	}
}

func TestEveryRevocationThatWasAcknowledgedSurvivesAKill(t *testing.T) {
	h := startHouse(t)
	var revoked []minted
	for range 20 {
		revoked = append(revoked, h.mint(t, myDB, "", ""))
	}
	for _, m := range revoked {
		h.mustRevoke(t, myDB, m.ID)
	}
	if err := h.gate.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := h.gate.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, m := range revoked {
		h.wantVerdict(t, m.JWT, http.StatusUnauthorized)
	}
}

func TestARevokedTokenIsRefusedOnAnotherNodeWithinASecond(t *testing.T) {
	h := startHouse(t, withRedis(startRedis(t)))
	second := h.neighbour(t)
	token := h.mint(t, myDB, "", "")
	second.wantVerdict(t, token.JWT, http.StatusOK)

	h.mustRevoke(t, myDB, token.ID)
	revoked := time.Now()
	eventually(t, "the revocation to arrive", patience, http.StatusUnauthorized, func(ctx context.Context) (answer, error) {
		return second.query(ctx, "my-db", token.JWT, "SELECT 1")
	})
	wantPrompt(t, "the revocation", time.Since(revoked))

	fresh := h.mint(t, myDB, "", "")
	second.rotate(t, myDB, "")
	rotated := time.Now()
	eventually(t, "the rotation to arrive", patience, http.StatusUnauthorized, func(ctx context.Context) (answer, error) {
		return h.query(ctx, "my-db", fresh.JWT, "SELECT 1")
	})
	wantPrompt(t, "the rotation", time.Since(rotated))
}

func TestATokenOfOneGroupOrDatabaseIsNotRevokedUnderAnother(t *testing.T) {
	h := startHouse(t)
	token := h.mint(t, myDB, "", "")
	a, err := h.revoke(t.Context(), otherDB, token.ID)
	if err != nil {
		t.Fatal(err)
	}
	a.wantStatus(t, http.StatusNotFound)
	h.mustQuery(t, "my-db", token.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
}
