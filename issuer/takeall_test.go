package issuer_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
)

func TestTakingAllBackHeedsNoNoteThatIsNotSigned(t *testing.T) {
	for name, spoil := range map[string]func(w *issuertest.World, key string){
		"noted as revoked": func(w *issuertest.World, key string) {
			w.Redis.HSet(key, "revoked", `{"at":1700000000000,"by":"x","reason":""}`)
		},
		"noted as rotated": func(w *issuertest.World, key string) {
			w.Redis.HSet(key, "rotated", `{"to":"jt_0","until":1700000000000}`)
		},
		"said to be over":   func(w *issuertest.World, key string) { w.Redis.HSet(key, "expires", "1700000000000") },
		"cannot be read":    func(w *issuertest.World, key string) { w.Redis.HSet(key, "created", "no time") },
		"record is lost":    func(w *issuertest.World, key string) { w.Redis.Del(key) },
		"as it was created": func(*issuertest.World, string) {},
	} {
		t.Run(name, func(t *testing.T) {
			w := issuertest.New(t)
			minted := mintOpaque(t, w, user("mallory"))
			spoil(w, "sekisho:token:"+minted.Record.ID)
			selection := issuer.Selection{Family: token.User, Holder: "mallory"}
			for _, dryRun := range []bool{true, false} {
				ids, err := w.Service.RevokeSelected(t.Context(), w.As(t, issuertest.OpsSecret), selection, "", dryRun)
				if err != nil || !slices.Equal(ids, []string{minted.Record.ID}) {
					t.Errorf("dry run %v: taken back were %q, %v", dryRun, ids, err)
				}
			}
			ids, err := w.Service.RevokeSelected(t.Context(), w.As(t, issuertest.OpsSecret), selection, "", false)
			if err != nil || len(ids) > 0 {
				t.Errorf("taken back again were %q, %v", ids, err)
			}
			for _, at := range []time.Time{w.Now(), minted.Record.ExpiresAt} {
				if err := w.Mirror.Judge(minted.Record.Grant(), at); !errors.Is(err, revocation.ErrRevoked) {
					t.Errorf("at %s the token is judged %v", at, err)
				}
			}
		})
	}
}

func TestTakingAllBackLeavesOutWhatHasEnded(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	ended := mintOpaque(t, w, user("mallory"))
	w.Advance(ended.Record.ExpiresAt.Sub(w.Now()))
	revoked, rotated := mintOpaque(t, w, user("mallory")), mintOpaque(t, w, user("mallory"))
	if _, err := w.Service.RevokeOpaque(t.Context(), caller, token.User, []string{revoked.Record.ID}, ""); err != nil {
		t.Fatal(err)
	}
	next, err := w.Service.RotateOpaque(t.Context(), caller, token.User, rotated.Record.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Minute)
	ids, err := w.Service.RevokeSelected(t.Context(), caller, issuer.Selection{Family: token.User, Holder: "mallory"}, "", false)
	if err != nil || !slices.Equal(ids, []string{next.Record.ID}) {
		t.Errorf("taken back were %q, %v, want %s alone", ids, err, next.Record.ID)
	}
}
