package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// slowly gives a body whose last byte comes after a minute.
func slowly(body string) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, body[:len(body)-1])
		time.Sleep(time.Minute)
		_, _ = io.WriteString(w, body[len(body)-1:])
		_ = w.Close()
	}()
	return r
}

func TestABodyThatEndsAfterARevocationDoesNotReachTheAPI(t *testing.T) {
	const query = `{"query":"{ songs }"}`
	later := func(revoke func(*world, string)) func(*world, string) {
		return func(w *world, id string) { time.AfterFunc(30*time.Second, func() { revoke(w, id) }) }
	}
	revoked := later((*world).revoke)
	for name, c := range map[string]struct {
		happens func(w *world, id string)
		expires bool
		reason  refusal.Reason
	}{
		"nothing happens":            {happens: func(*world, string) {}, reason: refusal.Allowed},
		"another is revoked":         {happens: later(func(w *world, _ string) { w.revoke("another") }), reason: refusal.Allowed},
		"revoked":                    {happens: revoked, reason: refusal.Revoked},
		"a grace ends":               {happens: func(w *world, id string) { w.revokeAfter(id, 30*time.Second) }, reason: refusal.Revoked},
		"a grace that has not ended": {happens: func(w *world, id string) { w.revokeAfter(id, time.Hour) }, reason: refusal.Allowed},
		"expired":                    {happens: func(*world, string) {}, expires: true, reason: refusal.Allowed},
		"expired and revoked":        {happens: revoked, expires: true, reason: refusal.Revoked},
	} {
		for _, graphQL := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				credential, id := w.mint(t, func(r *store.Record) {
					r.Access = token.ReadOnly
					if c.expires {
						r.ExpiresAt = time.Now().Add(20 * time.Second)
					}
				})
				c.happens(w, id)
				r := httptest.NewRequest("POST", "/", slowly(query))
				r.Header.Set("Authorization", "Bearer "+credential)
				r.Header.Set("Content-Type", "application/json")
				arrived := ""
				g := w.gate(t, func(o *Options) { o.GraphQL, o.ReadOnlyMethods = graphQL, []string{"GET", "POST"} })
				reason, err := g.Handle(httptest.NewRecorder(), r, func(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
					body, err := io.ReadAll(r.Body)
					if err == nil {
						arrived = string(body)
					}
					return err
				})
				if passed := arrived == query; reason != c.reason || passed != (reason == refusal.Allowed) || (err == nil) != passed {
					t.Errorf("%s, GraphQL %v: %s, %v, the API got %q", name, graphQL, reason, err, arrived)
				}
			})
		}
	}
}
