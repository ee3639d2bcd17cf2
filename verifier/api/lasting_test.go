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
	for name, c := range map[string]struct {
		revoked, expires bool
		reason           refusal.Reason
	}{
		"good all the time":   {reason: refusal.Allowed},
		"revoked":             {revoked: true, reason: refusal.Revoked},
		"expired":             {expires: true, reason: refusal.Allowed},
		"expired and revoked": {expires: true, revoked: true, reason: refusal.Revoked},
	} {
		for _, graphQL := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				credential, id := w.mint(func(r *store.Record) {
					r.Access = token.ReadOnly
					if c.expires {
						r.ExpiresAt = time.Now().Add(20 * time.Second)
					}
				})
				time.AfterFunc(30*time.Second, func() {
					if w.revoke("another"); c.revoked {
						w.revoke(id)
					}
				})
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
