package issuer_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Between the rehearsal of a move and its day, tokens are revoked in the other system.
func TestAnImportTakesBackWhatTheFileHasAsRevokedByNow(t *testing.T) {
	for name, note := range map[string]string{
		"imported as it was":         "",
		"noted in Redis and no more": `{"at":1700000000000,"by":"x","reason":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := issuertest.New(t)
			tokens := foreignTokens()[:1]
			again := func(want issuer.Imported) {
				t.Helper()
				got, err := w.Service.Import(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, tokens)
				if err != nil || got != want {
					t.Fatalf("got %+v, %v, want %+v", got, err, want)
				}
			}
			again(issuer.Imported{Active: 1})
			if note != "" {
				w.Redis.HSet("sekisho:token:"+tokens[0].ID, "revoked", note)
			}
			tokens[0].Revoked = true
			again(issuer.Imported{Revoked: 1})
			if !revokedHere(w, tokens[0].ID) {
				t.Error("the file has it as revoked, and it passes")
			}
			record, err := w.Store.Token(t.Context(), tokens[0].ID)
			if err != nil || note == "" && (record.Reason != "revoked before it was imported" || record.RevokedBy != "ops") {
				t.Errorf("noted as %+v, %v", record, err)
			}
			if log := w.Audit(t); len(log) < 1 || log[0].Action != "revoke" || log[0].TokenID != tokens[0].ID {
				t.Errorf("the audit log says %+v", log)
			}
			again(issuer.Imported{Skipped: 1})
		})
	}
}

// Gates look for such a token under the id in it, and refuse it.
func TestAnImportRefusesATokenOfOurFormUnderAnotherId(t *testing.T) {
	w := issuertest.New(t)
	credential, id := token.NewOpaque("jt")
	f := foreignTokens()[0]
	f.ID, f.Credential = "old-1", credential
	_, err := w.Service.Import(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, []issuer.Foreign{f})
	if err == nil {
		t.Fatal("imported")
	}
	wantRefusal(t, err, http.StatusBadRequest, refusal.BadRequest)
	if !strings.Contains(err.Error(), "another id") || strings.Contains(err.Error(), strings.TrimPrefix(credential, id)) {
		t.Errorf("it says %v", err)
	}
}

func TestAnImportRefusesATokenWhoseSecretWouldBeShown(t *testing.T) {
	w := issuertest.New(t)
	for name, show := range map[string]func(f *issuer.Foreign, secret string){
		"in its id":     func(f *issuer.Foreign, secret string) { f.ID, f.Credential = secret, secret },
		"in its user":   func(f *issuer.Foreign, secret string) { f.Holder = secret },
		"in its note":   func(f *issuer.Foreign, secret string) { f.Note = "MyApp: " + secret },
		"in its maker":  func(f *issuer.Foreign, secret string) { f.CreatedBy = secret + "/ops" },
		"in its scopes": func(f *issuer.Foreign, secret string) { f.Scopes = []string{"read", "x:" + secret} },
	} {
		f := foreignTokens()[0]
		f.Credential = "secret-of-jietng-0123456789"
		show(&f, f.Credential)
		_, err := w.Service.Import(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, []issuer.Foreign{f})
		if err == nil {
			t.Errorf("%s: imported", name)
			continue
		}
		wantRefusal(t, err, http.StatusBadRequest, refusal.BadRequest)
		if strings.Contains(err.Error()+w.Log.String()+w.Stored(t), f.Credential) {
			t.Errorf("%s: the secret stayed in the error, the log or the store", name)
		}
	}
}
