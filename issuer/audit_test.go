package issuer_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestEveryCallLeavesOneEventInStoreAndLog(t *testing.T) {
	w := issuertest.New(t)
	ops, minter := w.As(t, issuertest.OpsSecret), w.As(t, issuertest.MintSecret)
	minted := mint(t, w, myDB)
	if _, _, err := w.Service.List(t.Context(), ops, issuer.ListRequest{Subject: myDB}); err != nil {
		t.Fatal(err)
	}
	rotate(t, w, issuer.RotateRequest{Subject: production})
	if _, err := w.Service.Revoke(t.Context(), ops, issuer.RevokeRequest{Subject: myDB, ID: minted.Grant.ID}); err != nil {
		t.Fatal(err)
	}
	if err := w.Service.Rotate(t.Context(), minter, issuer.RotateRequest{Subject: myDB}); err == nil {
		t.Fatal("rotated without the right to")
	}
	if _, err := w.Service.Mint(t.Context(), ops, issuer.MintRequest{Subject: myDB, ReadAttach: []string{"nope"}}); err == nil {
		t.Fatal("minted with an unknown database")
	}
	want := []string{
		"mint ops my-org database/my-org/my-db ok",
		"list ops my-org database/my-org/my-db ok",
		"rotate ops my-org group/my-org/production ok",
		"revoke ops my-org database/my-org/my-db ok",
		"rotate minter my-org database/my-org/my-db denied",
		"mint ops my-org database/my-org/my-db bad",
	}
	var got []string
	for _, e := range slices.Backward(w.Audit(t)) {
		got = append(got, strings.Join([]string{e.Action, e.Actor, e.Organization, e.Subject, e.Outcome}, " "))
		if e.ClientIP != "192.0.2.7" || e.RequestID != "req-1" || e.At.IsZero() {
			t.Errorf("an event does not say from where: %+v", e)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if lines := strings.Count(w.Log.String(), "\n"); lines != len(want) {
		t.Errorf("%d lines in the log, want %d", lines, len(want))
	}
	if seen := w.Observed(); len(seen) != len(want) || seen[0] != "mint database ok" || seen[4] != "rotate database denied" {
		t.Errorf("metrics saw %q", seen)
	}
}

func TestTheEventOfAMintSaysWhatWasGranted(t *testing.T) {
	w := issuertest.New(t)
	minted := mint(t, w, myDB)
	e := w.Audit(t)[0]
	if e.TokenID != minted.Grant.ID || e.Detail != "authorization=full-access expires_at=never" {
		t.Errorf("the event is %+v", e)
	}
}

func TestNoSecretStaysBehind(t *testing.T) {
	w := issuertest.New(t)
	ops := w.As(t, issuertest.OpsSecret)
	secrets := []string{issuertest.OpsSecret, issuertest.MintSecret}
	for _, subject := range []token.Subject{myDB, production} {
		minted := mint(t, w, subject)
		secrets = append(secrets, minted.JWT, minted.JWT[strings.LastIndex(minted.JWT, ".")+1:])
		// What people do by mistake: the token where a name or an id should be.
		_, _ = w.Service.Mint(t.Context(), ops, issuer.MintRequest{Subject: token.Subject{Family: token.Database, Organization: "my-org", Name: minted.JWT}})
		_, _ = w.Service.Mint(t.Context(), ops, issuer.MintRequest{Subject: token.Subject{Family: token.Group, Organization: minted.JWT, Name: "production"}})
		_, _ = w.Service.Mint(t.Context(), ops, issuer.MintRequest{Subject: myDB, ReadAttach: []string{minted.JWT}})
		_, _ = w.Service.Revoke(t.Context(), ops, issuer.RevokeRequest{Subject: subject, ID: minted.JWT})
		_ = w.Service.Rotate(t.Context(), ops, issuer.RotateRequest{Subject: subject, Keep: []string{minted.JWT}})
		_, _, _ = w.Service.ListOpaque(t.Context(), ops, issuer.Selection{Family: token.Developer, Holder: minted.JWT}, store.Page{})
		_, _ = w.Service.RevokeSelected(t.Context(), ops, issuer.Selection{Family: token.User, Holder: minted.JWT}, "", false)
	}
	kept := w.Log.String() + w.Stored(t)
	if !strings.Contains(kept, "(invalid)") {
		t.Error("nothing of the mistakes is in log or store: does this test look in the right place?")
	}
	for _, secret := range secrets {
		if strings.Contains(kept, secret) {
			t.Errorf("a secret of %d bytes stayed in log or store", len(secret))
		}
	}
}

func TestNoTokenIsKeptWhereTheNameOfAUserOrApplicationShouldBe(t *testing.T) {
	w := issuertest.New(t)
	ops := w.As(t, issuertest.OpsSecret)
	secret := mintOpaque(t, w, developer("note")).Credential
	for _, request := range []issuer.OpaqueRequest{developer("note"), user("u")} {
		request.Holder = secret
		_, err := w.Service.MintOpaque(t.Context(), ops, request)
		wantRefusal(t, err, http.StatusBadRequest, refusal.BadRequest)
		selection := issuer.Selection{Family: request.Family, Holder: secret}
		if ids, err := w.Service.RevokeSelected(t.Context(), ops, selection, "", false); err != nil || len(ids) != 0 {
			t.Errorf("revoked %v, %v", ids, err)
		}
	}
	if kept := w.Log.String() + w.Stored(t); strings.Contains(kept, secret) {
		t.Error("a secret stayed in log or store")
	}
}

// keyOf is a caller with one admin key of these actions.
func keyOf(t *testing.T, actions ...string) issuer.Caller {
	t.Helper()
	const secret = "key-Vb4xT7q2Mz9LsWn1"
	key, err := issuer.NewAdminKey("limited", secret, issuer.Limits{Actions: actions})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := issuer.NewAdminKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	principal, _ := keys.Authenticate(secret)
	return issuer.Caller{Principal: principal}
}

func TestTheAuditLogTellsNothingOfFamiliesThatTheKeyMayNotList(t *testing.T) {
	w := issuertest.New(t)
	ops := w.As(t, issuertest.OpsSecret)
	mint(t, w, myDB)
	mint(t, w, production)
	for family, holder := range map[token.Family]string{token.Developer: "my-app", token.User: "user_1"} {
		_, err := w.Service.MintOpaque(t.Context(), ops, issuer.OpaqueRequest{
			Family: family, Holder: holder, Note: "a note", Expiration: new(token.After(time.Hour)),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for action, want := range map[string]string{
		"list": "database developer group user", "read": "database group", "developer:list": "developer", "user:list": "user",
	} {
		page, err := w.Service.Audit(t.Context(), keyOf(t, action), issuer.AuditRequest{Page: 1, Size: 10})
		if err != nil {
			t.Fatal(err)
		}
		var families []string
		for _, e := range page.Events {
			family, _, _ := strings.Cut(e.Subject, "/")
			families = append(families, family)
		}
		slices.Sort(families)
		if got := strings.Join(families, " "); got != want || page.Total != len(families) {
			t.Errorf("%s: sees %d events, of %s; want %s", action, page.Total, got, want)
		}
	}
}
