package issuer_test

import (
	"hash/crc32"
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

func foreignTokens() []issuer.Foreign {
	made := time.Date(2025, 1, 24, 3, 0, 0, 0, time.UTC)
	return []issuer.Foreign{
		{ID: "jt_abc123def456", Credential: "active-Secret_of-JiETNG-0123456789abcdefghi", Note: "MyApp", CreatedAt: made, CreatedBy: "U123456", LastUsedAt: made.Add(time.Hour)},
		{ID: "jt_fed654cba321", Credential: "revoked-Secret_of-JiETNG-123456789abcdefghi", Note: "Old", CreatedAt: made, CreatedBy: "U123456", Revoked: true},
	}
}

func TestImportedTokensGoOnAndRevokedOnesStayRevoked(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	for i, want := range []issuer.Imported{{Active: 1, Revoked: 1}, {Skipped: 2}} {
		if got, err := w.Service.Import(t.Context(), caller, token.Developer, foreignTokens()); err != nil || got != want {
			t.Fatalf("import %d: %+v, %v", i, got, err)
		}
	}
	active, revoked := foreignTokens()[0], foreignTokens()[1]
	ids, err := w.Store.Imported(t.Context())
	if err != nil || ids[token.OpaqueDigest(active.Credential)] != active.ID || ids[token.OpaqueDigest(revoked.Credential)] != revoked.ID {
		t.Errorf("digests are %v, %v", ids, err)
	}
	record, err := w.Store.Token(t.Context(), active.ID)
	if err != nil || record.CreatedBy != "U123456" || !record.LastUsedAt.Equal(active.LastUsedAt) || !record.CreatedAt.Equal(active.CreatedAt) || record.Note != "MyApp" {
		t.Errorf("got %+v, %v", record, err)
	}
	if err := judged(t, w, active.ID, w.Now()); err != nil {
		t.Errorf("the active one: %v", err)
	}
	if err := judged(t, w, revoked.ID, w.Now()); err != revocation.ErrRevoked {
		t.Errorf("the revoked one: %v", err)
	}
	if kept := w.Stored(t) + w.Log.String(); strings.Contains(kept, active.Credential) || strings.Contains(kept, "Secret_of") {
		t.Error("a secret stayed in store or log")
	}
}

func TestAnImportCannotBringBackWhatWasRevoked(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	active := foreignTokens()[:1]
	if _, err := w.Service.Import(t.Context(), caller, token.Developer, active); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.RevokeOpaque(t.Context(), caller, token.Developer, []string{active[0].ID}, "leaked"); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Service.Import(t.Context(), caller, token.Developer, active); err != nil || got.Skipped != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	record, err := w.Store.Token(t.Context(), active[0].ID)
	if err != nil || record.Reason != "leaked" || judged(t, w, record.ID, w.Now()) == nil {
		t.Errorf("got %+v, %v", record, err)
	}
}

func TestWhatCannotBeImported(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	for name, change := range map[string]func(*issuer.Foreign){
		"an id that reaches for keys":    func(f *issuer.Foreign) { f.ID = "../x" },
		"an empty secret":                func(f *issuer.Foreign) { f.Credential = "" },
		"a short secret":                 func(f *issuer.Foreign) { f.Credential = "short" },
		"a secret with a dot":            func(f *issuer.Foreign) { f.Credential += ".x" },
		"a secret that no header takes":  func(f *issuer.Foreign) { f.Credential += "$" },
		"a secret with a space":          func(f *issuer.Foreign) { f.Credential = "sixteen characters and more" },
		"no note":                        func(f *issuer.Foreign) { f.Note = "" },
		"no time":                        func(f *issuer.Foreign) { f.CreatedAt = time.Time{} },
		"a creator with a line break":    func(f *issuer.Foreign) { f.CreatedBy = "a\nb" },
		"the secret of the one before":   func(f *issuer.Foreign) { f.Credential = foreignTokens()[0].Credential },
		"the id of the one before":       func(f *issuer.Foreign) { f.ID = foreignTokens()[0].ID },
		"a scope that would be two":      func(f *issuer.Foreign) { f.Scopes = []string{"a b"} },
		"a secret of a thousand letters": func(f *issuer.Foreign) { f.Credential = strings.Repeat("abcde", 200) },
	} {
		tokens := foreignTokens()
		change(&tokens[1])
		_, err := w.Service.Import(t.Context(), caller, token.Developer, tokens)
		wantRefusal(t, err, http.StatusBadRequest, refusal.BadRequest)
		if strings.Contains(err.Error(), "Secret_of") {
			t.Errorf("%s: the error shows a secret", name)
		}
	}
	if ids, err := w.Store.Imported(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("imported all the same: %v, %v", ids, err)
	}
	taken := mintOpaque(t, w, developer("mine"))
	tokens := foreignTokens()
	tokens[0].ID = taken.Record.ID
	_, err := w.Service.Import(t.Context(), caller, token.Developer, tokens)
	wantRefusal(t, err, http.StatusConflict, refusal.BadRequest)
}

func TestACredentialOfAnyFamilyIsIntrospectedAndTakenBack(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	if _, err := w.Service.Import(t.Context(), caller, token.Developer, foreignTokens()); err != nil {
		t.Fatal(err)
	}
	for family, credential := range map[token.Family]string{
		token.Developer: mintOpaque(t, w, developer("note")).Credential,
		token.User:      mintOpaque(t, w, user("u")).Credential,
		token.Database:  mint(t, w, myDB).JWT,
		token.Group:     mint(t, w, production).JWT,
		"imported":      foreignTokens()[0].Credential,
	} {
		record, err := w.Service.Introspect(t.Context(), caller, credential)
		if err != nil || record == nil || record.Family != family && family != "imported" {
			t.Errorf("%s: got %+v, %v", family, record, err)
			continue
		}
		for range 2 {
			if err := w.Service.RevokeCredential(t.Context(), caller, credential); err != nil {
				t.Errorf("%s: %v", family, err)
			}
		}
		if err := w.Mirror.Judge(record.Grant(), w.Now()); err != revocation.ErrRevoked {
			t.Errorf("%s after its revocation: %v", family, err)
		}
	}
}

func TestATokenWhoseRecordIsLostIsTakenBackAllTheSame(t *testing.T) {
	w := issuertest.New(t)
	remembered := mintOpaque(t, w, developer("note"))
	w.Redis.FlushAll()
	if err := w.Service.RevokeCredential(t.Context(), w.As(t, issuertest.OpsSecret), remembered.Credential); err != nil {
		t.Fatal(err)
	}
	if err := w.Mirror.Judge(remembered.Record.Grant(), w.Now()); err != revocation.ErrRevoked {
		t.Errorf("after its revocation: %v", err)
	}
}

func TestACredentialWithAnotherSecretTakesNothingBack(t *testing.T) {
	w := issuertest.New(t)
	minted := mintOpaque(t, w, developer("note"))
	if err := w.Service.RevokeCredential(t.Context(), w.As(t, issuertest.OpsSecret), withAnotherSecret(minted.Record.ID)); err != nil {
		t.Fatal(err)
	}
	if err := w.Mirror.Judge(minted.Record.Grant(), w.Now()); err == revocation.ErrRevoked {
		t.Error("the token of that id was taken back")
	}
}

// withAnotherSecret makes a credential in our form for an id: neither the id nor the
// checksum is secret.
func withAnotherSecret(id string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	body := id + "_" + strings.Repeat("x", 43)
	tail := make([]byte, 6)
	for i, sum := len(tail)-1, crc32.ChecksumIEEE([]byte(body)); i >= 0; i, sum = i-1, sum/62 {
		tail[i] = digits[sum%62]
	}
	return body + string(tail)
}

func TestNothingIsToldOfCredentialsThatAreNotGood(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	good := mintOpaque(t, w, developer("note"))
	ended := mintOpaque(t, w, user("u"))
	revoked := mintOpaque(t, w, developer("note"))
	jwt, revokedJWT := mint(t, w, myDB).JWT, mint(t, w, myDB).JWT
	for _, credential := range []string{revoked.Credential, revokedJWT} {
		if err := w.Service.RevokeCredential(t.Context(), caller, credential); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(2 * time.Hour)
	sibling, _ := token.NewOpaque("jt")
	for name, credential := range map[string]string{
		"nothing like a token":   "hello",
		"an unknown token":       sibling,
		"an id alone":            good.Record.ID,
		"a mistyped token":       good.Credential[:len(good.Credential)-1] + "_",
		"an expired one":         ended.Credential,
		"a revoked one":          revoked.Credential,
		"a revoked JWT":          revokedJWT,
		"a JWT with another end": jwt[:len(jwt)-4] + "AAAA",
		"an admin key":           issuertest.OpsSecret,
		"far too long a text":    strings.Repeat("x", 100<<10),
	} {
		if record, err := w.Service.Introspect(t.Context(), caller, credential); err != nil || record != nil {
			t.Errorf("%s: got %+v, %v", name, record, err)
		}
		if err := w.Service.RevokeCredential(t.Context(), caller, credential); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if record, err := w.Service.Introspect(t.Context(), caller, good.Credential); err != nil || record == nil {
		t.Errorf("the good one: %+v, %v", record, err)
	}
}

func TestIntrospectionAndRevocationNeedTheRight(t *testing.T) {
	w := issuertest.New(t)
	opaque, theirs := mintOpaque(t, w, developer("note")).Credential, mint(t, w, theirDB).JWT
	_, err := w.Service.Introspect(t.Context(), w.As(t, issuertest.MintSecret), opaque)
	wantRefusal(t, err, http.StatusForbidden, refusal.PermissionDenied)
	for name, credential := range map[string]string{"an opaque token": opaque, "a token of another organization": theirs} {
		limited := w.As(t, issuertest.GroupSecret)
		if record, err := w.Service.Introspect(t.Context(), limited, credential); err != nil || record != nil {
			t.Errorf("%s: told %+v, %v", name, record, err)
		}
		err := w.Service.RevokeCredential(t.Context(), limited, credential)
		wantRefusal(t, err, http.StatusForbidden, refusal.PermissionDenied)
	}
	if record, err := w.Service.Introspect(t.Context(), w.As(t, issuertest.OpsSecret), opaque); err != nil || record == nil {
		t.Errorf("after refusals only: %+v, %v", record, err)
	}
}

func TestAStoreThatIsAwayIsNeverAnAnswer(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	credential := mintOpaque(t, w, developer("note")).Credential
	w.Redis.SetError("LOADING the dataset")
	_, err := w.Service.Introspect(t.Context(), caller, credential)
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	err = w.Service.RevokeCredential(t.Context(), caller, credential)
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
}

func TestAMirrorOutOfStepSaysOfNoTokenThatItIsGood(t *testing.T) {
	w := issuertest.New(t, func(o *issuer.Options) { o.Mirror = revocation.NewMirror(time.Hour) })
	credential := mintOpaque(t, w, developer("note")).Credential
	_, err := w.Service.Introspect(t.Context(), w.As(t, issuertest.OpsSecret), credential)
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.NotReady)
}
