package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestASocketEndsWithItsToken(t *testing.T) {
	for name, change := range map[string]func(w *world, r *store.Record){
		"expired": func(_ *world, r *store.Record) { r.ExpiresAt = time.Now().Add(time.Minute) },
		"revoked": func(w *world, r *store.Record) {
			time.AfterFunc(time.Minute, func() { w.revoke(r.ID) })
		},
	} {
		for kind, r := range map[string]*http.Request{
			"upgrade":          httptest.NewRequest("GET", "/", nil),
			"extended CONNECT": httptest.NewRequest("CONNECT", "/", nil),
		} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				credential, _ := w.mint(t, func(r *store.Record) { change(w, r) })
				r.Header.Set("Authorization", "Bearer "+credential)
				if r.Method == "GET" {
					r.Header.Set("Upgrade", "websocket")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				began := time.Now()
				reason, err := w.gate(t).Handle(httptest.NewRecorder(), r.WithContext(ctx), func(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
					<-r.Context().Done()
					return nil
				})
				if lasted := time.Since(began); reason != refusal.Allowed || err != nil || lasted < time.Minute || lasted > time.Minute+time.Second {
					t.Errorf("%s, %s: ended after %s, %s, %v", kind, name, lasted, reason, err)
				}
			})
		}
	}
}
