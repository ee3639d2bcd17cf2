package issuer_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestEveryOpaqueRecordIsStoredWithOurSignature(t *testing.T) {
	w := issuertest.New(t)
	made := mintOpaque(t, w, user("u"))
	next := rotateOpaque(t, w, mintOpaque(t, w, developer("note")).Record.ID, time.Hour)
	if _, err := w.Service.Import(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, foreignTokens()); err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"minted": made.Record.ID, "rotated": next.Record.ID, "imported": foreignTokens()[0].ID} {
		record, err := w.Store.Token(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := w.PublicKey(record.KeyID); !ok || !record.SignedBy(key) {
			t.Errorf("%s: signed with %q, and the signature does not fit", name, record.KeyID)
		}
	}
}

// widen is what somebody could do who can write to Redis.
func widen(w *issuertest.World, id string) {
	key := "sekisho:token:" + id
	w.Redis.HSet(key, "opaque", strings.Replace(w.Redis.HGet(key, "opaque"), `"read"`, `"read","admin"`, 1))
}

func TestARecordThatWasChangedInRedisIsWorthNothing(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	request := developer("note")
	request.Scopes = []string{"read"}
	minted := mintOpaque(t, w, request)
	widen(w, minted.Record.ID)
	if stored, err := w.Store.Token(t.Context(), minted.Record.ID); err != nil || len(stored.Scopes) != 2 {
		t.Fatalf("the record was not changed: %v, %v", stored.Scopes, err)
	}
	_, err := w.Service.RotateOpaque(t.Context(), caller, token.Developer, minted.Record.ID, time.Hour)
	wantRefusal(t, err, http.StatusConflict, refusal.TokenInactive)
	if record, err := w.Service.Introspect(t.Context(), caller, minted.Credential); err != nil || record != nil {
		t.Errorf("introspected as %+v, %v", record, err)
	}
	// Gates may remember it from before, so that taking it back must work.
	if err := w.Service.RevokeCredential(t.Context(), caller, minted.Credential); err != nil {
		t.Fatal(err)
	}
	if err := w.Mirror.Judge(minted.Record.Grant(), w.Now()); err != revocation.ErrRevoked {
		t.Errorf("after its revocation: %v", err)
	}
}

func TestAnImportThatIsRepeatedSignsWhatNoKeyOfOursHasSigned(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	tokens := foreignTokens()
	again := func(want issuer.Imported) {
		t.Helper()
		if got, err := w.Service.Import(t.Context(), caller, token.Developer, tokens); err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	}
	again(issuer.Imported{Active: 1, Revoked: 1})
	tokens[1].Revoked = false // that it was revoked is known here now
	for _, f := range tokens {
		w.Redis.HSet("sekisho:token:"+f.ID, "key", "a key that was dropped")
	}
	again(issuer.Imported{Active: 1, Revoked: 1})
	again(issuer.Imported{Skipped: 2})
	if record, err := w.Service.Introspect(t.Context(), caller, tokens[0].Credential); err != nil || record == nil {
		t.Errorf("the active one: %+v, %v", record, err)
	}
	if err := judged(t, w, tokens[1].ID, w.Now()); err != revocation.ErrRevoked {
		t.Errorf("the revoked one: %v", err)
	}
}

func TestNoOpaqueTokenIsMadeWithoutASignature(t *testing.T) {
	w := issuertest.New(t, func(o *issuer.Options) { o.Signer = lockedSigner{} })
	_, err := w.Service.MintOpaque(t.Context(), w.As(t, issuertest.OpsSecret), developer("note"))
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	_, err = w.Service.Import(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, foreignTokens())
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	wantNoRecords(t, w)
}

// lockedSigner has keys that it cannot use.
type lockedSigner struct{ issuer.Signer }

var errLocked = errors.New("storage is locked")

func (lockedSigner) Sign(context.Context, []byte, time.Time) (jwt, keyID string, err error) {
	return "", "", errLocked
}

func (lockedSigner) SignFor(context.Context, string, []byte, time.Time) (signature []byte, keyID string, err error) {
	return nil, "", errLocked
}
