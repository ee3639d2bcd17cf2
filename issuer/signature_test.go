package issuer_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// Whatever is accepted must come back from the store as it was signed.
func TestNoRecordLosesItsSignatureOnTheWayThroughTheStore(t *testing.T) {
	w := issuertest.New(t)
	ctx, caller := t.Context(), w.As(t, issuertest.OpsSecret)
	believed := func(t *rapid.T, id string) {
		t.Helper()
		record, err := w.Store.Token(ctx, id)
		if key, _ := w.PublicKey(record.KeyID); err != nil || !record.SignedBy(key) {
			t.Fatalf("%+v, %v", record, err)
		}
	}
	text := rapid.OneOf(rapid.StringMatching(`[!-~日]{1,20}`), rapid.StringMatching(`日{1,400}`), rapid.String())
	times := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
	})
	network := rapid.Custom(func(t *rapid.T) netip.Prefix {
		address, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")[rapid.SampledFrom([]int{0, 12}).Draw(t, "cut"):])
		return netip.PrefixFrom(address, rapid.IntRange(0, 32).Draw(t, "bits")).Masked()
	})
	rapid.Check(t, func(t *rapid.T) {
		r := issuer.OpaqueRequest{
			Family: rapid.SampledFrom([]token.Family{token.Developer, token.User}).Draw(t, "family"),
			Holder: text.Draw(t, "holder"), Note: text.Draw(t, "note"),
			Scopes:   rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOfN(rapid.StringMatching(`[!-~日]{1,42}`), 0, 3)).Draw(t, "scopes"),
			Networks: rapid.OneOf(rapid.Just[[]netip.Prefix](nil), rapid.SliceOfN(network, 0, 3)).Draw(t, "networks"),
			Routes:   rapid.SampledFrom([][]string{nil, {}, {"/v1/*"}, {"GET /日本", "/"}}).Draw(t, "routes"),
		}
		life := token.After(time.Duration(rapid.Int64Range(1, 1<<19).Draw(t, "minutes")) * time.Minute)
		if rapid.Bool().Draw(t, "ends") {
			r.Expiration = &life
		}
		if minted, err := w.Service.MintOpaque(ctx, caller, r); err == nil {
			believed(t, minted.Record.ID)
			next, err := w.Service.RotateOpaque(ctx, caller, r.Family, minted.Record.ID, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			believed(t, next.Record.ID)
			believed(t, minted.Record.ID)
		}
		f := issuer.Foreign{
			ID: strings.ToLower(rand.Text()), Credential: rand.Text(), Holder: r.Holder, Note: r.Note, Scopes: r.Scopes,
			CreatedAt: times.Draw(t, "created"), CreatedBy: text.Draw(t, "creator"), LastUsedAt: times.Draw(t, "used"), ExpiresAt: times.Draw(t, "expires"),
			Revoked: rapid.Bool().Draw(t, "revoked"),
		}
		if _, err := w.Service.Import(ctx, caller, r.Family, []issuer.Foreign{f}); err == nil {
			believed(t, f.ID)
		}
	})
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
