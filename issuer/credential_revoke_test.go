package issuer_test

import (
	"crypto/ed25519"
	"errors"
	"math"
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

// revokedHere reports whether every gate refuses the token of that id by now.
func revokedHere(w *issuertest.World, id string) bool {
	return errors.Is(w.Mirror.Judge(&token.Grant{ID: id, Family: token.Developer}, w.Now()), revocation.ErrRevoked)
}

// importOf takes over one developer token.
func importOf(t *testing.T, w *issuertest.World, id, credential string) {
	t.Helper()
	f := issuer.Foreign{ID: id, Credential: credential, Note: "n", CreatedAt: w.Now().Add(-time.Hour), CreatedBy: "x"}
	if done, err := w.Service.Import(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, []issuer.Foreign{f}); err != nil || done.Active != 1 {
		t.Fatalf("imported %+v, %v", done, err)
	}
}

func TestAnImportedTokenOfAnotherSekishoIsTakenBackByItsCredential(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	credential, _ := token.NewOpaque("acme")
	importOf(t, w, "old-1", credential)
	if record, err := w.Service.Introspect(t.Context(), caller, credential); err != nil || record == nil || record.ID != "old-1" {
		t.Errorf("introspected as %+v, %v", record, err)
	}
	if err := w.Service.RevokeCredential(t.Context(), caller, credential); err != nil {
		t.Fatal(err)
	}
	if !revokedHere(w, "old-1") {
		t.Error("taken back with success, and it passes")
	}
}

// Other nodes may still have the former prefix in their configuration.
func TestATokenOfAFormerPrefixIsTakenBackByItsCredential(t *testing.T) {
	w := issuertest.New(t)
	minted := mintOpaque(t, w, developer("note"))
	w.Options.Developer.Prefix = "acme"
	service, err := issuer.New(w.Options)
	if err != nil {
		t.Fatal(err)
	}
	if err := service.RevokeCredential(t.Context(), w.As(t, issuertest.OpsSecret), withAnotherSecret(minted.Record.ID)); err != nil || revokedHere(w, minted.Record.ID) {
		t.Errorf("with another secret: %v", err)
	}
	if err := service.RevokeCredential(t.Context(), w.As(t, issuertest.OpsSecret), minted.Credential); err != nil || !revokedHere(w, minted.Record.ID) {
		t.Errorf("not taken back: %v", err)
	}
}

func TestAnImportedTokenThatNothingProvesIsNotSaidToBeTakenBack(t *testing.T) {
	const other = "another-Secret-of-JiETNG-0123456789abcdefghi"
	for name, spoil := range map[string]func(w *issuertest.World, index, record string){
		"its record is lost":            func(w *issuertest.World, _, record string) { w.Redis.Del(record) },
		"its record cannot be read":     func(w *issuertest.World, _, record string) { w.Redis.HSet(record, "created", "no time") },
		"its record is of no such kind": func(w *issuertest.World, _, record string) { w.Redis.HSet(record, "family", "platform") },
		"it leads to another token":     func(w *issuertest.World, index, _ string) { w.Redis.HSet("sekisho:imported", index, "jt_other") },
		"it leads to no id":             func(w *issuertest.World, index, _ string) { w.Redis.HSet("sekisho:imported", index, "../x") },
		"it leads to a record of another secret": func(w *issuertest.World, _, record string) {
			w.Redis.HSet(record, "opaque", w.Redis.HGet("sekisho:token:jt_other", "opaque"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := issuertest.New(t)
			imported := foreignTokens()[0]
			importOf(t, w, imported.ID, imported.Credential)
			indexes, err := w.Redis.HKeys("sekisho:imported")
			if err != nil {
				t.Fatal(err)
			}
			importOf(t, w, "jt_other", other)
			spoil(w, indexes[0], "sekisho:token:"+imported.ID)
			err = w.Service.RevokeCredential(t.Context(), w.As(t, issuertest.OpsSecret), imported.Credential)
			wantRefusal(t, err, http.StatusConflict, refusal.TokenInactive)
			if revokedHere(w, "jt_other") {
				t.Error("another token was taken back")
			}
		})
	}
}

// behind is a node that has not read the newest key yet.
type behind struct{ issuer.Signer }

func (behind) PublicKey(string) (ed25519.PublicKey, bool) { return nil, false }

func nodeBehind(t *testing.T, w *issuertest.World) *issuer.Service {
	t.Helper()
	o := w.Options
	o.Signer = behind{w}
	node, err := issuer.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func TestAWrongSecretTakesNothingBackThoughTheRecordProvesNothing(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	request := developer("note")
	request.Scopes = []string{"read"}
	minted := mintOpaque(t, w, request)
	forged := withAnotherSecret(minted.Record.ID)
	wantRefusal(t, nodeBehind(t, w).RevokeCredential(t.Context(), caller, forged), http.StatusConflict, refusal.TokenInactive)
	widen(w, minted.Record.ID)
	wantRefusal(t, w.Service.RevokeCredential(t.Context(), caller, forged), http.StatusConflict, refusal.TokenInactive)
	if revokedHere(w, minted.Record.ID) {
		t.Error("the token of that id was taken back")
	}
	if err := nodeBehind(t, w).RevokeCredential(t.Context(), caller, minted.Credential); err != nil || !revokedHere(w, minted.Record.ID) {
		t.Errorf("the right secret: %v", err)
	}
}

// A node that has not read the newest key cannot tell a token of ours from a forged one.
func TestAJWTWhoseKeyIsNotKnownHereIsNotSaidToBeTakenBack(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	jwt := mint(t, w, myDB).JWT
	named := func(keyID string) string {
		parsed, err := token.ParseJWT(jwt)
		if err != nil {
			t.Fatal(err)
		}
		renamed, err := token.EncodeJWT(parsed.Payload, keyID, func([]byte) []byte { return parsed.Signature })
		if err != nil {
			t.Fatal(err)
		}
		return renamed
	}
	ours := named("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k") // the thumbprint of RFC 8037, appendix A.3
	wantRefusal(t, w.Service.RevokeCredential(t.Context(), caller, ours), http.StatusServiceUnavailable, refusal.NotReady)
	if record, err := w.Service.Introspect(t.Context(), caller, ours); err != nil || record != nil {
		t.Errorf("introspected as %+v, %v", record, err)
	}
	for name, foreign := range map[string]string{
		"a key id that is no thumbprint": named("key-1"),
		"a longer key id":                named(strings.Repeat("kPrK", 11)),
		"a known key that did not sign":  jwt[:len(jwt)-4] + "AAAA",
	} {
		if err := w.Service.RevokeCredential(t.Context(), caller, foreign); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheRevocationOfAUserTokenWithoutARecordIsForgottenInAYear(t *testing.T) {
	w := issuertest.New(t)
	year := float64(w.Now().Add(issuer.MaxUserLifetime).Unix())
	for prefix, wanted := range map[string]func(until float64) bool{
		"token": func(until float64) bool { return until >= year && until <= year+1 },
		"jt":    func(until float64) bool { return math.IsInf(until, 1) },
	} {
		invented, id := token.NewOpaque(prefix)
		if err := w.Service.RevokeCredential(t.Context(), w.As(t, issuertest.OpsSecret), invented); err != nil {
			t.Fatal(err)
		}
		if until, err := w.Redis.ZScore("{sekisho:revoked}:ids", id); err != nil || !wanted(until) {
			t.Errorf("%s: kept until %f, %v", prefix, until, err)
		}
	}
}
