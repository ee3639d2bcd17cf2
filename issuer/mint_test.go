package issuer_test

import (
	"context"
	"errors"
	"fmt"
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

var (
	myDB       = token.Subject{Family: token.Database, Organization: "my-org", Name: "my-db"}
	stagingDB  = token.Subject{Family: token.Database, Organization: "my-org", Name: "staging-db"}
	theirDB    = token.Subject{Family: token.Database, Organization: "other-org", Name: "their-db"}
	production = token.Subject{Family: token.Group, Organization: "my-org", Name: "production"}
)

func TestAMintedTokenSaysExactlyWhatWasGranted(t *testing.T) {
	w := issuertest.New(t)
	week := token.After(7 * 24 * time.Hour)
	minted, err := w.Service.Mint(t.Context(), w.As(t, issuertest.OpsSecret), issuer.MintRequest{
		Subject: myDB, Expiration: &week, Access: token.ReadOnly, ReadAttach: []string{"other-db-1", "staging-db", "other-db-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, grant := w.Verify(t, minted.JWT)
	if life := claims["exp"].(float64) - claims["iat"].(float64); life != 604800 {
		t.Errorf("lives for %v s, want 604800", life)
	}
	if grant.ID != minted.Grant.ID || grant.Subject() != myDB || grant.Access != token.ReadOnly {
		t.Errorf("the token grants %+v", grant)
	}
	if want := []string{"other-db-1", "staging-db"}; !slices.Equal(grant.ReadAttach, want) {
		t.Errorf("may attach %v, want %v", grant.ReadAttach, want)
	}
	record, err := w.Store.Token(t.Context(), grant.ID)
	if err != nil {
		t.Fatal(err)
	}
	if record.CreatedBy != "ops" || record.Subject() != myDB || record.KeyID != "test-key" || !record.ExpiresAt.Equal(grant.ExpiresAt) {
		t.Errorf("recorded as %+v", record)
	}
}

func TestATokenWithoutEndHasNoExpClaimAndAWarning(t *testing.T) {
	w := issuertest.New(t)
	minted := mint(t, w, myDB)
	if claims, _ := w.Verify(t, minted.JWT); claims["exp"] != nil {
		t.Errorf("exp is %v, want none", claims["exp"])
	}
	if len(minted.Warnings) != 1 || !strings.Contains(minted.Warnings[0], "never expires") {
		t.Errorf("warnings %q", minted.Warnings)
	}
}

func TestReadAttachWarnsThatItDoesNotNarrowAGroupToken(t *testing.T) {
	w := issuertest.New(t)
	hour := token.After(time.Hour)
	request := issuer.MintRequest{Subject: production, Expiration: &hour, ReadAttach: []string{"my-db"}}
	minted, err := w.Service.Mint(t.Context(), w.As(t, issuertest.OpsSecret), request)
	if err != nil {
		t.Fatal(err)
	}
	want := "permissions.read_attach adds ATTACH rights; this token can still access every database in group production"
	if !slices.Equal(minted.Warnings, []string{want}) {
		t.Errorf("warnings %q", minted.Warnings)
	}
	request.Databases = []string{"my-db"}
	minted, err = w.Service.Mint(t.Context(), w.As(t, issuertest.OpsSecret), request)
	if err != nil {
		t.Fatal(err)
	}
	_, grant := w.Verify(t, minted.JWT)
	if narrowed, included := grant.Narrowed("other-db-1"); !narrowed || included || len(minted.Warnings) != 0 {
		t.Errorf("narrowed %v, reaches other-db-1 %v, warnings %q", narrowed, included, minted.Warnings)
	}
}

func TestMintRefuses(t *testing.T) {
	many := make([]string, 65)
	for i := range many {
		many[i] = fmt.Sprintf("db-%d", i)
	}
	for _, test := range []struct {
		name   string
		secret string
		ask    issuer.MintRequest
		status int
		code   refusal.Code
	}{
		{"an organization that does not exist", issuertest.OpsSecret, issuer.MintRequest{Subject: token.Subject{Family: token.Database, Organization: "no-org", Name: "my-db"}}, 404, refusal.NotFound},
		{"an organization of others", issuertest.ForeignSecret, issuer.MintRequest{Subject: myDB}, 404, refusal.NotFound},
		{"a database that does not exist", issuertest.OpsSecret, issuer.MintRequest{Subject: token.Subject{Family: token.Database, Organization: "my-org", Name: "nope"}}, 404, refusal.DatabaseNotFound},
		{"a database of another organization", issuertest.OpsSecret, issuer.MintRequest{Subject: token.Subject{Family: token.Database, Organization: "my-org", Name: "their-db"}}, 404, refusal.DatabaseNotFound},
		{"a group that does not exist", issuertest.OpsSecret, issuer.MintRequest{Subject: token.Subject{Family: token.Group, Organization: "my-org", Name: "nope"}}, 404, refusal.GroupNotFound},
		{"a database taken for a group", issuertest.OpsSecret, issuer.MintRequest{Subject: token.Subject{Family: token.Group, Organization: "my-org", Name: "my-db"}}, 404, refusal.GroupNotFound},
		{"a database outside the caller's groups", issuertest.GroupSecret, issuer.MintRequest{Subject: stagingDB}, 404, refusal.DatabaseNotFound},
		{"a group outside the caller's groups", issuertest.GroupSecret, issuer.MintRequest{Subject: token.Subject{Family: token.Group, Organization: "my-org", Name: "staging"}}, 404, refusal.GroupNotFound},
		{"to attach a database that does not exist", issuertest.OpsSecret, issuer.MintRequest{Subject: myDB, ReadAttach: []string{"my-db", "nope"}}, 400, refusal.DatabaseUnknown},
		{"to attach a database of another organization", issuertest.OpsSecret, issuer.MintRequest{Subject: myDB, ReadAttach: []string{"their-db"}}, 400, refusal.DatabaseUnknown},
		{"to attach what the caller does not see", issuertest.GroupSecret, issuer.MintRequest{Subject: myDB, ReadAttach: []string{"staging-db"}}, 400, refusal.DatabaseUnknown},
		{"to attach a nameless database", issuertest.OpsSecret, issuer.MintRequest{Subject: myDB, ReadAttach: []string{""}}, 400, refusal.DatabaseUnknown},
		{"to attach too many", issuertest.OpsSecret, issuer.MintRequest{Subject: myDB, ReadAttach: many}, 400, refusal.BadRequest},
		{"to narrow to a database of another group", issuertest.OpsSecret, issuer.MintRequest{Subject: production, Databases: []string{"staging-db"}}, 400, refusal.DatabaseUnknown},
		{"to narrow to too many", issuertest.OpsSecret, issuer.MintRequest{Subject: production, Databases: many}, 400, refusal.BadRequest},
		{"to narrow a database token", issuertest.OpsSecret, issuer.MintRequest{Subject: myDB, Databases: []string{"my-db"}}, 400, refusal.FieldUnsupported},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := issuertest.New(t)
			minted, err := w.Service.Mint(t.Context(), w.As(t, test.secret), test.ask)
			wantRefusal(t, err, test.status, test.code)
			if minted != nil {
				t.Error("a token came with the refusal")
			}
			wantNoRecords(t, w)
		})
	}
}

func TestAKeyWithoutTheRightIsToldSoInItsOwnOrganizationOnly(t *testing.T) {
	w := issuertest.New(t)
	minter := w.As(t, issuertest.MintSecret)
	err := w.Service.Rotate(t.Context(), minter, issuer.RotateRequest{Subject: myDB})
	wantRefusal(t, err, http.StatusForbidden, refusal.PermissionDenied)
	err = w.Service.Rotate(t.Context(), minter, issuer.RotateRequest{Subject: token.Subject{Family: token.Database, Organization: "my-org", Name: "nope"}})
	wantRefusal(t, err, http.StatusNotFound, refusal.DatabaseNotFound)
}

func TestTursosWordsLimitToOneFamily(t *testing.T) {
	w := issuertest.New(t, func(o *issuer.Options) {
		key, err := issuer.NewAdminKey("ci", goodSecret, issuer.Limits{Actions: []string{"db:mint-token", "group:rotate-creds"}})
		if err != nil {
			t.Fatal(err)
		}
		o.Keys = append(o.Keys, key)
	})
	ci := w.As(t, goodSecret)
	if _, err := w.Service.Mint(t.Context(), ci, issuer.MintRequest{Subject: myDB}); err != nil {
		t.Error(err)
	}
	if err := w.Service.Rotate(t.Context(), ci, issuer.RotateRequest{Subject: production}); err != nil {
		t.Error(err)
	}
	_, err := w.Service.Mint(t.Context(), ci, issuer.MintRequest{Subject: production})
	wantRefusal(t, err, http.StatusForbidden, refusal.PermissionDenied)
	err = w.Service.Rotate(t.Context(), ci, issuer.RotateRequest{Subject: myDB})
	wantRefusal(t, err, http.StatusForbidden, refusal.PermissionDenied)
	_, _, err = w.Service.List(t.Context(), ci, issuer.ListRequest{Subject: myDB})
	wantRefusal(t, err, http.StatusForbidden, refusal.PermissionDenied)
}

func TestTheGroupsPolicyBindsItsDatabases(t *testing.T) {
	w := issuertest.New(t)
	w.Options.Policies.Set("my-org", "production", issuer.Policy{MaxLifetime: token.After(time.Hour), MaxAccess: token.ReadOnly})
	caller := w.As(t, issuertest.OpsSecret)
	for _, subject := range []token.Subject{myDB, production} {
		_, err := w.Service.Mint(t.Context(), caller, issuer.MintRequest{Subject: subject, Expiration: &token.Never})
		wantRefusal(t, err, http.StatusBadRequest, refusal.ExpirationTooLong)
		_, err = w.Service.Mint(t.Context(), caller, issuer.MintRequest{Subject: subject, Access: token.FullAccess})
		wantRefusal(t, err, http.StatusBadRequest, refusal.AuthorizationInvalid)
	}
	if _, err := w.Service.Mint(t.Context(), caller, issuer.MintRequest{Subject: stagingDB, Expiration: &token.Never}); err != nil {
		t.Errorf("another group is bound too: %v", err)
	}
}

func TestNothingIsMintedWhileTheStoreIsAway(t *testing.T) {
	w := issuertest.New(t)
	w.Redis.SetError("LOADING the dataset")
	_, err := w.Service.Mint(t.Context(), w.As(t, issuertest.OpsSecret), issuer.MintRequest{Subject: myDB})
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	w.Redis.SetError("")
	wantNoRecords(t, w)
}

// failingStore is a store in which one thing does not work.
type failingStore struct {
	*store.Store
	save, audit error
}

func (f failingStore) SaveToken(ctx context.Context, r store.Record, e store.Event) error {
	if f.save != nil {
		return f.save
	}
	return f.Store.SaveToken(ctx, r, e)
}

func (f failingStore) AppendAudit(ctx context.Context, e store.Event) error {
	if f.audit != nil {
		return f.audit
	}
	return f.Store.AppendAudit(ctx, e)
}

func TestWhatCannotBeAuditedIsNotAnswered(t *testing.T) {
	down := store.Unavailable(errors.New("no answer"))
	w := issuertest.New(t, func(o *issuer.Options) {
		o.Store = failingStore{Store: o.Store.(*store.Store), save: down, audit: down}
	})
	caller := w.As(t, issuertest.OpsSecret)
	minted, err := w.Service.Mint(t.Context(), caller, issuer.MintRequest{Subject: myDB})
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	if minted != nil {
		t.Error("a token was minted without a record")
	}
	tokens, _, err := w.Service.List(t.Context(), caller, issuer.ListRequest{Subject: myDB})
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	if tokens != nil {
		t.Error("a list was shown without a trace")
	}
	wantRefusal(t, w.Service.Rotate(t.Context(), caller, issuer.RotateRequest{Subject: myDB}),
		http.StatusServiceUnavailable, refusal.StoreUnavailable)
}

func TestNothingIsMintedWithoutASignature(t *testing.T) {
	w := issuertest.New(t, func(o *issuer.Options) { o.Signer = lockedSigner{} })
	_, err := w.Service.Mint(t.Context(), w.As(t, issuertest.OpsSecret), issuer.MintRequest{Subject: myDB})
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	wantNoRecords(t, w)
}

func TestAMintGoesOnWhenTheClientLeaves(t *testing.T) {
	w := issuertest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Service.Mint(ctx, w.As(t, issuertest.OpsSecret), issuer.MintRequest{Subject: myDB}); err != nil {
		t.Error(err)
	}
}

func mint(t *testing.T, w *issuertest.World, subject token.Subject) *issuer.Minted {
	t.Helper()
	minted, err := w.Service.Mint(t.Context(), w.As(t, issuertest.OpsSecret), issuer.MintRequest{Subject: subject})
	if err != nil {
		t.Fatal(err)
	}
	return minted
}

func wantRefusal(t *testing.T, err error, status int, code refusal.Code) {
	t.Helper()
	r, ok := errors.AsType[*refusal.Refusal](err)
	if !ok || r.Status != status || r.Code != code {
		t.Errorf("got %v, want a refusal %d %s", err, status, code)
	}
}

func wantNoRecords(t *testing.T, w *issuertest.World) {
	t.Helper()
	for _, key := range w.Redis.Keys() {
		if strings.Contains(key, "token") {
			t.Errorf("%s is in the store", key)
		}
	}
}

// silent is a store that falls silent when it is given a token.
type silent struct{ issuer.Store }

func (silent) SaveToken(context.Context, store.Record, store.Event) error {
	return store.Unavailable(errors.New("no answer"))
}

func TestAMintThatIsInDoubtDoesNotSayThatNothingWasChanged(t *testing.T) {
	w := issuertest.New(t, func(o *issuer.Options) { o.Store = silent{o.Store} })
	caller := w.As(t, issuertest.OpsSecret)
	_, ofJWT := w.Service.Mint(t.Context(), caller, issuer.MintRequest{Subject: myDB})
	_, ofOpaque := w.Service.MintOpaque(t.Context(), caller, user("u"))
	for _, err := range []error{ofJWT, ofOpaque} {
		wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
		if strings.Contains(err.Error(), "Nothing was changed") || strings.Contains(refusal.From(err).Message, "Nothing was changed") {
			t.Error(err)
		}
	}
}
