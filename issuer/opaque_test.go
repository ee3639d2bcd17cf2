package issuer_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func developer(note string) issuer.OpaqueRequest {
	return issuer.OpaqueRequest{Family: token.Developer, Note: note}
}

func user(id string) issuer.OpaqueRequest {
	hour := token.After(time.Hour)
	return issuer.OpaqueRequest{Family: token.User, Holder: id, Scopes: []string{"read"}, Expiration: &hour}
}

func mintOpaque(t *testing.T, w *issuertest.World, r issuer.OpaqueRequest) *issuer.MintedOpaque {
	t.Helper()
	minted, err := w.Service.MintOpaque(t.Context(), w.As(t, issuertest.OpsSecret), r)
	if err != nil {
		t.Fatal(err)
	}
	return minted
}

// judged is what a verifier finds that looks the token up at that time.
func judged(t *testing.T, w *issuertest.World, id string, at time.Time) error {
	t.Helper()
	record, err := w.Store.Token(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	g := record.Grant()
	if err := w.Mirror.Judge(g, at); !errors.Is(err, revocation.ErrNotReady) {
		return err
	}
	if g.Expired(at, 0) {
		return errEnded
	}
	return nil
}

var errEnded = errors.New("ended")

func TestAnOpaqueTokenIsWhatWasAskedFor(t *testing.T) {
	w := issuertest.New(t)
	r := developer("MyApp API Integration")
	r.Holder, r.Scopes, r.Routes = "my app", []string{"write", "read", "write", "日本"}, []string{"/api/*"}
	r.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	minted := mintOpaque(t, w, r)
	id, ok := token.ParseOpaque(minted.Credential)
	if !ok || id != minted.Record.ID || !strings.HasPrefix(id, "jt_") {
		t.Errorf("got the credential of %q", id)
	}
	record, err := w.Store.Token(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	g := record.Grant()
	if g.Family != token.Developer || g.Holder != "my app" || g.Note != r.Note || g.Creator != "ops" || !g.ExpiresAt.IsZero() ||
		!slices.Equal(g.Scopes, []string{"write", "read", "日本"}) || !slices.Equal(g.Routes, r.Routes) || !slices.Equal(g.Networks, r.Networks) {
		t.Errorf("got %+v", g)
	}
	if record.Digest != token.OpaqueDigest(minted.Credential) {
		t.Error("the digest is of something else")
	}
	if kept := w.Stored(t) + w.Log.String(); strings.Contains(kept, minted.Credential) || strings.Contains(kept, minted.Credential[len(id)+1:len(minted.Credential)-6]) {
		t.Error("the secret stayed in store or log")
	}
}

func TestWhatAnOpaqueTokenMayNotBe(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	long := make([]string, 65)
	for i := range long {
		long[i] = fmt.Sprint("s", i)
	}
	for name, change := range map[string]func(*issuer.OpaqueRequest){
		"without a note":                func(r *issuer.OpaqueRequest) { r.Note = "" },
		"a note of 201 characters":      func(r *issuer.OpaqueRequest) { r.Note = strings.Repeat("本", 201) },
		"a note with a control":         func(r *issuer.OpaqueRequest) { r.Note = "a\x1b[31m" },
		"a note with a line break":      func(r *issuer.OpaqueRequest) { r.Note = "a\nb" },
		"a note that turns direction":   func(r *issuer.OpaqueRequest) { r.Note = "a\u202eb" },
		"a note that is no UTF-8":       func(r *issuer.OpaqueRequest) { r.Note = "\xff" },
		"no scope in a list of them":    func(r *issuer.OpaqueRequest) { r.Scopes = []string{} },
		"an empty scope":                func(r *issuer.OpaqueRequest) { r.Scopes = []string{"read", ""} },
		"two scopes in one":             func(r *issuer.OpaqueRequest) { r.Scopes = []string{"read write"} },
		"a scope of 129 bytes":          func(r *issuer.OpaqueRequest) { r.Scopes = []string{strings.Repeat("x", 129)} },
		"65 scopes":                     func(r *issuer.OpaqueRequest) { r.Scopes = long },
		"no network in a list of them":  func(r *issuer.OpaqueRequest) { r.Networks = []netip.Prefix{} },
		"bits behind the mask":          func(r *issuer.OpaqueRequest) { r.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/8")} },
		"a network that is none":        func(r *issuer.OpaqueRequest) { r.Networks = []netip.Prefix{{}} },
		"no route in a list of them":    func(r *issuer.OpaqueRequest) { r.Routes = []string{} },
		"a route that is none":          func(r *issuer.OpaqueRequest) { r.Routes = []string{"/api/*", "not a route"} },
		"an application with a control": func(r *issuer.OpaqueRequest) { r.Holder = "a\x00" },
		"a user token without a user":   func(r *issuer.OpaqueRequest) { *r = user("") },
		"a user token without an end":   func(r *issuer.OpaqueRequest) { *r = user("u"); r.Expiration = nil },
		"a user token for ever":         func(r *issuer.OpaqueRequest) { *r = user("u"); r.Expiration = &token.Never },
		"a user token for over a year": func(r *issuer.OpaqueRequest) {
			*r = user("u")
			long := token.After(issuer.MaxUserLifetime + time.Second)
			r.Expiration = &long
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := developer("note")
			change(&r)
			_, err := w.Service.MintOpaque(t.Context(), caller, r)
			if got, ok := errors.AsType[*refusal.Refusal](err); !ok || got.Status != http.StatusBadRequest {
				t.Errorf("got %v", err)
			}
		})
	}
	if tokens, _, err := w.Service.ListOpaque(t.Context(), caller, issuer.Selection{Family: token.Developer}, store.Page{}); err != nil || len(tokens) != 0 {
		t.Errorf("minted all the same: %+v, %v", tokens, err)
	}
}

func TestWhoMayHandleOpaqueTokens(t *testing.T) {
	limits := map[string]issuer.Limits{
		"anything":          {},
		"mint":              {Actions: []string{"mint"}},
		"developer:mint":    {Actions: []string{"developer:mint"}},
		"user:mint":         {Actions: []string{"user:mint"}},
		"databases only":    {Actions: []string{"db:mint-token", "group:mint-token", "read", "db:rotate-creds"}},
		"one organization":  {Organizations: []string{"my-org"}},
		"one group":         {Groups: []string{"production"}, Actions: []string{"developer:mint"}},
		"all but mint":      {Actions: []string{"rotate", "revoke", "list", "introspect"}},
		"developer:all":     {Actions: []string{"developer:mint", "developer:rotate", "developer:revoke", "developer:list"}},
		"developer:list":    {Actions: []string{"developer:list"}},
		"user:revoke alone": {Actions: []string{"user:revoke"}},
	}
	may := map[string]string{
		"anything": "developer user", "mint": "developer user", "developer:mint": "developer", "user:mint": "user", "developer:all": "developer",
	}
	for name, l := range limits {
		secret := "test-Kd8sX2q" + fmt.Sprintf("%x", name)
		key, err := issuer.NewAdminKey("tested", secret, l)
		if err != nil {
			t.Fatal(err)
		}
		w := issuertest.New(t, func(o *issuer.Options) { o.Keys = append(o.Keys, key) })
		for _, r := range []issuer.OpaqueRequest{developer("note"), user("u")} {
			_, err := w.Service.MintOpaque(t.Context(), w.As(t, secret), r)
			if want := slices.Contains(strings.Fields(may[name]), string(r.Family)); want != (err == nil) {
				t.Errorf("%s: minting a %s token: %v", name, r.Family, err)
			} else if err != nil {
				wantRefusal(t, err, http.StatusForbidden, refusal.PermissionDenied)
			}
		}
	}
}

func TestThePolicyOfAFamilyIsKept(t *testing.T) {
	week, _ := token.ParseExpiration("7d")
	w := issuertest.New(t, func(o *issuer.Options) {
		o.Developer = issuer.OpaqueFamily{Prefix: "acme_pat", Policy: issuer.Policy{MaxLifetime: week}}
	})
	minted := mintOpaque(t, w, developer("note"))
	if got := minted.Record.ExpiresAt.Sub(w.Now()).Round(time.Hour); got != 7*24*time.Hour || !strings.HasPrefix(minted.Credential, "acme_pat_") {
		t.Errorf("got %v, %s", got, minted.Record.ID)
	}
	r := developer("note")
	r.Expiration = &token.Never
	_, err := w.Service.MintOpaque(t.Context(), w.As(t, issuertest.OpsSecret), r)
	wantRefusal(t, err, http.StatusBadRequest, refusal.ExpirationTooLong)
}

func TestTheSameIdempotencyKeyMintsOneToken(t *testing.T) {
	w := issuertest.New(t)
	r := developer("note")
	r.IdempotencyKey = "retry-1"
	first := mintOpaque(t, w, r)
	_, err := w.Service.MintOpaque(t.Context(), w.As(t, issuertest.OpsSecret), r)
	wantRefusal(t, err, http.StatusConflict, refusal.IdempotencyConflict)
	if got := refusal.From(err).TokenID; got != first.Record.ID {
		t.Errorf("the conflict names %q", got)
	}
	if _, err := w.Service.MintOpaque(t.Context(), w.As(t, issuertest.MintSecret), r); err != nil {
		t.Errorf("the key of another caller: %v", err)
	}
}

func TestAnIdempotencyKeyWhoseRequestFailedMintsAfterAll(t *testing.T) {
	w := issuertest.New(t, func(o *issuer.Options) { o.Store = &savesLater{Store: o.Store, failures: 1} })
	r := developer("note")
	r.IdempotencyKey = "retry-1"
	caller := w.As(t, issuertest.OpsSecret)
	_, err := w.Service.MintOpaque(t.Context(), caller, r)
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	_, err = w.Service.MintOpaque(t.Context(), caller, r)
	wantRefusal(t, err, http.StatusConflict, refusal.IdempotencyConflict) // the first may still be under way
	w.Advance(time.Minute)
	minted := mintOpaque(t, w, r)
	w.Advance(time.Minute)
	_, err = w.Service.MintOpaque(t.Context(), caller, r)
	if got := refusal.From(err).TokenID; got != minted.Record.ID {
		t.Errorf("the conflict names %q: %v", got, err)
	}
}

// savesLater fails to save the first tokens.
type savesLater struct {
	issuer.Store
	failures int
}

func (s *savesLater) SaveToken(ctx context.Context, r store.Record, e store.Event) error {
	if s.failures > 0 {
		s.failures--
		return store.Unavailable(errors.New("away"))
	}
	return s.Store.SaveToken(ctx, r, e)
}

func TestNothingIsMintedThatCannotBeRecorded(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	w.Redis.SetError("LOADING the dataset")
	minted, err := w.Service.MintOpaque(t.Context(), caller, developer("note"))
	wantRefusal(t, err, http.StatusServiceUnavailable, refusal.StoreUnavailable)
	if minted != nil {
		t.Error("a token came with the refusal")
	}
}

func TestRevokingTokensByIDIsAllOrNothing(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	a, b, other := mintOpaque(t, w, developer("a")), mintOpaque(t, w, developer("b")), mintOpaque(t, w, user("u"))
	for name, ids := range map[string][]string{
		"an unknown one":          {a.Record.ID, "jt_unknown"},
		"one of another family":   {a.Record.ID, other.Record.ID},
		"a credential for an id":  {a.Credential},
		"an id that is no id":     {"../x"},
		"the id and a wrong case": {strings.ToUpper(a.Record.ID)},
	} {
		if _, err := w.Service.RevokeOpaque(t.Context(), caller, token.Developer, ids, ""); err == nil {
			t.Errorf("%s: revoked", name)
		} else {
			wantRefusal(t, err, http.StatusNotFound, refusal.TokenNotFound)
		}
	}
	if err := judged(t, w, a.Record.ID, w.Now()); err != nil {
		t.Fatalf("after refusals only: %v", err)
	}
	for range 2 {
		tokens, err := w.Service.RevokeOpaque(t.Context(), caller, token.Developer, []string{a.Record.ID, b.Record.ID}, "leaked")
		if err != nil || len(tokens) != 2 || tokens[0].Status != issuer.StatusRevoked || tokens[1].Reason != "leaked" {
			t.Fatalf("got %+v, %v", tokens, err)
		}
		w.Advance(time.Minute)
	}
	for _, minted := range []*issuer.MintedOpaque{a, b} {
		if err := judged(t, w, minted.Record.ID, w.Now()); !errors.Is(err, revocation.ErrRevoked) {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheLogTellsWhoseTokenWasTakenBack(t *testing.T) {
	w := issuertest.New(t)
	request := developer("note")
	request.Holder = "my-app"
	id := mintOpaque(t, w, request).Record.ID
	if _, err := w.Service.RevokeOpaque(t.Context(), w.As(t, issuertest.OpsSecret), token.Developer, []string{id}, "leaked"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(w.Log.String()), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(last, `"action":"revoke"`) || !strings.Contains(last, `"subject":"developer//my-app"`) {
		t.Errorf("the log says %s", last)
	}
}

func TestRevokingByHolderCreatorAndIdleness(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	app := developer("x")
	app.Holder = "app"
	mine, other := mintOpaque(t, w, app), mintOpaque(t, w, developer("y"))
	foreign, err := w.Service.MintOpaque(t.Context(), w.As(t, issuertest.MintSecret), developer("z"))
	if err != nil {
		t.Fatal(err)
	}
	w.Advance(48 * time.Hour)
	fresh := mintOpaque(t, w, developer("fresh"))
	for _, step := range []struct {
		name   string
		q      issuer.Selection
		dryRun bool
		want   []string
	}{
		{"an application, dry", issuer.Selection{Holder: "app"}, true, []string{mine.Record.ID}},
		{"an application", issuer.Selection{Holder: "app"}, false, []string{mine.Record.ID}},
		{"again", issuer.Selection{Holder: "app"}, false, nil},
		{"a creator", issuer.Selection{Creator: "minter"}, false, []string{foreign.Record.ID}},
		{"unused", issuer.Selection{Unused: 24 * time.Hour}, false, []string{other.Record.ID}},
	} {
		step.q.Family = token.Developer
		ids, err := w.Service.RevokeSelected(t.Context(), caller, step.q, "", step.dryRun)
		if err != nil || !slices.Equal(ids, step.want) {
			t.Errorf("%s: got %v, %v, want %v", step.name, ids, err, step.want)
		}
		for _, id := range ids {
			if err := judged(t, w, id, w.Now()); step.dryRun != (err == nil) {
				t.Errorf("%s: %v", step.name, err)
			}
		}
	}
	if err := judged(t, w, fresh.Record.ID, w.Now()); err != nil {
		t.Errorf("a fresh token: %v", err)
	}
	_, err = w.Service.RevokeSelected(t.Context(), caller, issuer.Selection{Family: token.Developer}, "", false)
	wantRefusal(t, err, http.StatusBadRequest, refusal.BadRequest)
}

func TestAThousandTokensOfACreatorGoInOneCall(t *testing.T) {
	w := issuertest.New(t)
	for range 1100 {
		mintOpaque(t, w, developer("x"))
	}
	ids, err := w.Service.RevokeSelected(t.Context(), w.As(t, issuertest.OpsSecret), issuer.Selection{Family: token.Developer, Creator: "ops"}, "", false)
	if err != nil || len(ids) != 1100 {
		t.Fatalf("revoked %d, %v", len(ids), err)
	}
	for _, id := range ids {
		if err := w.Mirror.Judge(&token.Grant{ID: id, Family: token.Developer}, w.Now()); !errors.Is(err, revocation.ErrRevoked) {
			t.Fatal(err)
		}
	}
}
