package issuer_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func rotateOpaque(t *testing.T, w *issuertest.World, id string, grace time.Duration) *issuer.MintedOpaque {
	t.Helper()
	minted, err := w.Service.RotateOpaque(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, id, grace)
	if err != nil {
		t.Fatal(err)
	}
	return minted
}

func TestRotatingEndsTheOldTokenAtOnceOrAfterItsGrace(t *testing.T) {
	w := issuertest.New(t)
	atOnce, later := mintOpaque(t, w, developer("a")), mintOpaque(t, w, developer("b"))
	a, b := rotateOpaque(t, w, atOnce.Record.ID, 0), rotateOpaque(t, w, later.Record.ID, time.Hour)
	end := w.Now().Add(time.Hour)
	if err := judged(t, w, atOnce.Record.ID, w.Now()); !errors.Is(err, revocation.ErrRevoked) {
		t.Errorf("without grace: %v", err)
	}
	if err := judged(t, w, later.Record.ID, end.Add(-time.Millisecond)); err != nil {
		t.Errorf("within the grace: %v", err)
	}
	if err := judged(t, w, later.Record.ID, end); err == nil {
		t.Error("after the grace the old token is good")
	}
	// A node that has looked the token up before the rotation learns it as well.
	cached := &token.Grant{ID: later.Record.ID, Family: token.Developer}
	if err := w.Mirror.Judge(cached, end); !errors.Is(err, revocation.ErrRotated) {
		t.Errorf("a remembered verdict after the grace: %v", err)
	}
	for _, minted := range []*issuer.MintedOpaque{a, b} {
		if err := judged(t, w, minted.Record.ID, end); err != nil {
			t.Errorf("the new token: %v", err)
		}
	}
}

func TestARotatedTokenIsNeverWiderOrLonger(t *testing.T) {
	w := issuertest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := developer("note")
		r.Holder = "app"
		r.Scopes = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 1, 4, rapid.ID[string]).Draw(rt, "scopes")
		if minutes := rapid.IntRange(0, 100).Draw(rt, "minutes"); minutes > 0 {
			life := token.After(time.Duration(minutes) * time.Minute)
			r.Expiration = &life
		}
		old := mintOpaque(t, w, r).Record
		grace := time.Duration(rapid.IntRange(0, 200).Draw(rt, "grace")) * time.Minute
		next := rotateOpaque(t, w, old.ID, grace).Record
		if next.Holder != old.Holder || next.Note != old.Note || len(next.Scopes) != len(old.Scopes) || !next.ExpiresAt.Equal(old.ExpiresAt) || next.ID == old.ID {
			rt.Fatalf("from %+v\nto %+v", old, next)
		}
		kept, err := w.Store.Token(t.Context(), old.ID)
		if err != nil {
			rt.Fatal(err)
		}
		if want := w.Now().Add(grace); kept.Ends().IsZero() || kept.Ends().After(want) || !old.ExpiresAt.IsZero() && kept.Ends().After(old.ExpiresAt) {
			rt.Fatalf("ends at %v, with a grace until %v and an end at %v", kept.Ends(), want, old.ExpiresAt)
		}
	})
}

// One that was imported may end later than any that is minted here.
func TestAUserTokenMadeByARotationLivesForAYearAtMost(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	old := issuer.Foreign{
		ID: "old-1", Credential: "active-Secret_of-someone-0123456789abcdefghi", Holder: "u", Scopes: []string{"read"},
		CreatedAt: w.Now().Add(-time.Hour), CreatedBy: "x", ExpiresAt: w.Now().AddDate(10, 0, 0),
	}
	if _, err := w.Service.Import(t.Context(), caller, token.User, []issuer.Foreign{old}); err != nil {
		t.Fatal(err)
	}
	next, err := w.Service.RotateOpaque(t.Context(), caller, token.User, old.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if end, latest := next.Record.ExpiresAt, w.Now().Add(issuer.MaxUserLifetime); end.After(latest) || end.Before(latest.Add(-time.Second)) {
		t.Errorf("ends at %s, want %s", end, latest)
	}
}

func TestWhatCannotBeRotated(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	revoked, rotated, good := mintOpaque(t, w, developer("a")), mintOpaque(t, w, developer("b")), mintOpaque(t, w, developer("c"))
	if _, err := w.Service.RevokeOpaque(t.Context(), caller, token.Developer, []string{revoked.Record.ID}, ""); err != nil {
		t.Fatal(err)
	}
	rotateOpaque(t, w, rotated.Record.ID, 0)
	for name, test := range map[string]struct {
		id     string
		grace  time.Duration
		status int
		code   refusal.Code
	}{
		"a revoked token":    {revoked.Record.ID, 0, http.StatusConflict, refusal.TokenInactive},
		"a rotated token":    {rotated.Record.ID, 0, http.StatusConflict, refusal.TokenInactive},
		"an unknown token":   {"jt_unknown", 0, http.StatusNotFound, refusal.TokenNotFound},
		"a grace over 7d":    {good.Record.ID, issuer.MaxGrace + 1, http.StatusBadRequest, refusal.BadRequest},
		"a grace below zero": {good.Record.ID, -1, http.StatusBadRequest, refusal.BadRequest},
	} {
		_, err := w.Service.RotateOpaque(t.Context(), caller, token.Developer, test.id, test.grace)
		if err == nil {
			t.Errorf("%s: rotated", name)
			continue
		}
		wantRefusal(t, err, test.status, test.code)
	}
	if err := judged(t, w, good.Record.ID, w.Now()); err != nil {
		t.Error(err)
	}
}

// unconfirmed revokes, and says that no replica has it.
type unconfirmed struct{ issuer.Revocations }

func (u unconfirmed) Revoke(ctx context.Context, entries ...revocation.Entry) error {
	return cmp.Or(u.Revocations.Revoke(ctx, entries...), revocation.ErrNotReplicated)
}

func TestARotationThatEndsInTheMiddleSaysThatTheOldTokenMayBeGone(t *testing.T) {
	w := issuertest.New(t, func(o *issuer.Options) { o.Revocations = unconfirmed{o.Revocations} })
	old := mintOpaque(t, w, developer("a")).Record
	rotate := func() error {
		_, err := w.Service.RotateOpaque(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, old.ID, 0)
		return err
	}
	err := rotate()
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.NotReplicated)
	if message := refusal.From(err).Message; !strings.Contains(message, "mint a new one") {
		t.Errorf("it says %q", message)
	}
	wantRefusal(t, rotate(), http.StatusConflict, refusal.TokenInactive)
}

func TestAListTellsHowOpaqueTokensStand(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	hour := token.After(time.Hour)
	ending := developer("ending")
	ending.Expiration = &hour
	expired := mintOpaque(t, w, ending).Record.ID
	revoked, rotated, active := mintOpaque(t, w, developer("a")).Record.ID, mintOpaque(t, w, developer("b")).Record.ID, mintOpaque(t, w, developer("c")).Record.ID
	if _, err := w.Service.RevokeOpaque(t.Context(), caller, token.Developer, []string{revoked}, ""); err != nil {
		t.Fatal(err)
	}
	rotateOpaque(t, w, rotated, time.Minute)
	w.Advance(time.Hour)
	rotating := mintOpaque(t, w, developer("d")).Record.ID
	rotateOpaque(t, w, rotating, time.Hour)
	for id, want := range map[string]issuer.Status{
		expired: issuer.StatusExpired, revoked: issuer.StatusRevoked, rotated: issuer.StatusRotated, active: issuer.StatusActive, rotating: issuer.StatusRotating,
	} {
		listed, err := w.Service.Opaque(t.Context(), caller, token.Developer, id)
		if err != nil || listed.Status != want {
			t.Errorf("got %+v, %v, want %s", listed, err, want)
		}
	}
	good, _, err := w.Service.ListOpaque(t.Context(), caller, issuer.Selection{Family: token.Developer, Good: true}, store.Page{})
	if err != nil || len(good) != 4 { // active, rotating and two successors
		t.Errorf("good are %d, %v", len(good), err)
	}
}

func TestAFullPageOfGoodTokensIsFoundBehindMany(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	var want []string
	for range 5 {
		want = append(want, mintOpaque(t, w, developer("good")).Record.ID)
	}
	w.Advance(time.Second)
	var dead []string
	for range 25 {
		dead = append(dead, mintOpaque(t, w, developer("dead")).Record.ID)
	}
	if _, err := w.Service.RevokeOpaque(t.Context(), caller, token.Developer, dead, ""); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	page := store.Page{Limit: 2}
	for range 3 {
		tokens, next, err := w.Service.ListOpaque(t.Context(), caller, issuer.Selection{Family: token.Developer, Good: true}, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, listed := range tokens {
			seen[listed.ID] = true
		}
		page.Cursor = next
	}
	if len(seen) != len(want) || page.Cursor != "" {
		t.Errorf("found %d of %d, next %q", len(seen), len(want), page.Cursor)
	}
}
