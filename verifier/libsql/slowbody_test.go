package libsql_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// slowly gives a body whose last byte comes after a pause.
func slowly(body string, pause time.Duration) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, body[:len(body)-1])
		time.Sleep(pause)
		_, _ = io.WriteString(w, body[len(body)-1:])
		_ = w.Close()
	}()
	return r
}

func TestABodyThatEndsAfterItsTokenDoesNotReachTheServer(t *testing.T) {
	for path, body := range slowCalls() {
		for _, untrusted := range []bool{true, false} {
			for _, announced := range []bool{true, false} {
				wantWithheld(t, path, body, time.Minute, (*strict).retire, untrusted, announced)
			}
		}
	}
}

func TestABodyThatEndsAMomentAfterItsTokenWasRevokedDoesNotReachTheServer(t *testing.T) {
	for path, body := range slowCalls() {
		wantWithheld(t, path, body, time.Millisecond, (*strict).revoke, true, true)
	}
}

func TestABodyThatComesAtOncePassesInTheLeewayOfItsToken(t *testing.T) {
	for line, body := range beginnings {
		synctest.Test(t, func(t *testing.T) {
			tokens := new(strict)
			tokens.retire()
			gate := newGate(t, libsql.Options{Authenticator: tokens})
			r := httptest.NewRequest(http.MethodPost, strings.TrimPrefix(line, "POST "), strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer full")
			arrived := ""
			reason, err, _ := handle(gate, r, func(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
				got, err := io.ReadAll(r.Body)
				arrived = string(got)
				return err
			})
			if arrived != body {
				t.Errorf("%s: %s, %v, the server got %q", line, reason, err, arrived)
			}
		})
	}
}

// slowCalls are bodies by path.
func slowCalls() map[string]string {
	calls := map[string]string{proxied + "Execute": string(framed(program("delete from t")))}
	for line, body := range beginnings {
		calls[strings.TrimPrefix(line, "POST ")] = body
	}
	return calls
}

// wantWithheld sends a body that takes so long; its token ends half-way.
func wantWithheld(t *testing.T, path, body string, takes time.Duration, end func(*strict), untrusted, announced bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tokens := new(strict)
		gate := newGate(t, libsql.Options{Authenticator: tokens, Allow: allowAll, Untrusted: untrusted})
		r := httptest.NewRequest(http.MethodPost, path, slowly(body, takes))
		if announced {
			r.ContentLength = int64(len(body))
		}
		r.Header.Set("Authorization", "Bearer full")
		r.Header.Set("Content-Type", webType)
		time.AfterFunc(takes/2, func() { end(tokens) })
		arrived := ""
		reason, err, _ := handle(gate, r, func(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
			got, err := io.ReadAll(r.Body)
			if err == nil {
				arrived = string(got)
			}
			return err
		})
		if arrived != "" || reason != refusal.Revoked {
			t.Errorf("%s, untrusted %v, length announced %v: %s, %v, the server got %q", path, untrusted, announced, reason, err, arrived)
		}
	})
}
