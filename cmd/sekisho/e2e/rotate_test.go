package e2e

import (
	"context"
	"net/http"
	"testing"
	"time"
)

func TestRotationRetiresWhatCameBeforeAndNothingAfter(t *testing.T) {
	h := startHouse(t)
	for range 20 {
		before := h.mint(t, myDB, "", "")
		h.rotate(t, myDB, "")
		after := h.mint(t, myDB, "", "")
		h.mustQuery(t, "my-db", before.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
		h.mustQuery(t, "my-db", after.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	}
}

func TestRotationOfADatabaseLeavesOthersAlone(t *testing.T) {
	h := startHouse(t)
	other, group := h.mint(t, otherDB, "", ""), h.mint(t, production, "", "")
	h.rotate(t, myDB, "")
	h.mustQuery(t, "other-db", other.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	h.mustQuery(t, "my-db", group.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
}

func TestRotationOfAGroupRetiresTheTokensOfItsDatabasesToo(t *testing.T) {
	h := startHouse(t)
	database, group := h.mint(t, myDB, "", ""), h.mint(t, production, "", "")
	h.rotate(t, production, "")
	for _, retired := range []minted{database, group} {
		h.mustQuery(t, "my-db", retired.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
	}
}

func TestRotationKeepsTheTokenItIsTold(t *testing.T) {
	h := startHouse(t)
	kept, retired := h.mint(t, myDB, "", ""), h.mint(t, myDB, "", "")
	h.rotate(t, myDB, "keep="+kept.ID)
	h.mustQuery(t, "my-db", kept.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	h.mustQuery(t, "my-db", retired.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)

	h.rotate(t, myDB, "")
	h.mustQuery(t, "my-db", kept.JWT, "SELECT 1").wantStatus(t, http.StatusUnauthorized)
}

func TestRotationWithGraceEndsWhenTheGraceDoes(t *testing.T) {
	h := startHouse(t)
	old := h.mint(t, myDB, "", "")
	const grace = 8 * time.Second
	asked := time.Now()
	h.rotate(t, myDB, "grace="+grace.String())
	h.mustQuery(t, "my-db", old.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
	fresh := h.mint(t, myDB, "", "")
	eventually(t, "the end of the grace", grace+startUp, http.StatusUnauthorized, func(ctx context.Context) (answer, error) {
		return h.query(ctx, "my-db", old.JWT, "SELECT 1")
	})
	if took := time.Since(asked); took < grace-time.Second {
		t.Errorf("the grace of %s was over after %s", grace, took)
	}
	h.mustQuery(t, "my-db", fresh.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
}

func TestRotationRefusesWhatItCannotDo(t *testing.T) {
	h := startHouse(t)
	token := h.mint(t, myDB, "", "")
	for _, query := range []string{"grace=soon", "grace=-1h", "keep=no%20id", "kepp=" + token.ID} {
		a := mustCall(t, http.MethodPost, h.auth(myDB, "rotate?"+query), h.adminKey, "")
		if a.status != http.StatusBadRequest {
			t.Errorf("rotate?%s: status %d: %s", query, a.status, a.body)
		}
	}
	h.mustQuery(t, "my-db", token.JWT, "SELECT 1").wantStatus(t, http.StatusOK)
}
