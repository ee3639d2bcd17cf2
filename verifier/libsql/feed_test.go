package libsql_test

import (
	"context"
	"errors"
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

func TestDumpAndListenReadTheTokensDatabase(t *testing.T) {
	for target, want := range map[string]string{
		"/dump":                       "/dump",
		"/dump?preserve_row_ids=true": "/dump?preserve_row_ids=true",
		"/beta/listen?table=t":        "/beta/listen?table=t",
		"/beta/listen?action=insert&action=update&table=a%26b": "/beta/listen?action=insert&action=update&table=a%26b",
		"/beta/listen?%74able=t":                               "/beta/listen?table=t",
	} {
		for _, credential := range []string{"read", "full"} {
			s := newReplication(t, allowAll)
			s.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the stream")) }
			response, body := s.send("GET "+target, credential, "", "X-Namespace-Bin: b3RoZXItZGI", "X-Session-Token: x")
			if response.StatusCode != 200 || body != "the stream" {
				t.Fatalf("%s: %d %s", target, response.StatusCode, body)
			}
			sent := s.requests()[0]
			if sent.method != "GET" || sent.uri != want || sent.host != "my-db.localhost" || sent.header.Get("X-Namespace-Bin") != "bXktZGI" || sent.header["X-Session-Token"] != nil {
				t.Errorf("the server got %+v", sent)
			}
		}
	}
}

func TestDumpAndListenThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		line, credential, database string
		allow                      libsql.Allow
		status                     int
	}{
		{"GET /dump", "full", "my-db", libsql.Allow{Replication: true, Listen: true}, 404},
		{"GET /beta/listen?table=t", "full", "my-db", libsql.Allow{Replication: true, Dump: true}, 404},
		{"GET /dump", "", "my-db", allowAll, 401},
		{"GET /dump", "forged", "my-db", allowAll, 401},
		{"GET /dump", "full", "other-db", allowAll, 403},
		{"GET /beta/listen?table=t", "read", "other-db", allowAll, 403},
		{"POST /dump", "full", "my-db", allowAll, 405},
		{"HEAD /dump", "full", "my-db", allowAll, 405},
		{"GET /dump/", "full", "my-db", allowAll, 404},
		{"GET /%64ump", "full", "my-db", allowAll, 404},
		{"GET /dump?table=t", "full", "my-db", allowAll, 400},
		{"GET /dump?preserve_row_ids=true&x", "full", "my-db", allowAll, 400},
		{"GET /dump?preserve_row_ids=true;x=1", "full", "my-db", allowAll, 400},
		{"GET /dump?%zz", "full", "my-db", allowAll, 400},
		{"GET /beta/listen?table=t&Action=insert", "full", "my-db", allowAll, 400},
	} {
		s := newReplication(t, c.allow)
		s.database = c.database
		response, body := s.send(c.line, c.credential, "")
		if response.StatusCode != c.status || len(s.requests()) != 0 {
			t.Errorf("%s with %s at %s: %d %s", c.line, c.credential, c.database, response.StatusCode, body)
		}
	}
	s := newReplication(t, allowAll)
	if response, body := s.send("GET /dump", "full", "", "Connection: Upgrade", "Upgrade: h2c"); response.StatusCode != 404 || len(s.requests()) != 0 {
		t.Errorf("an upgrade: %d %s", response.StatusCode, body)
	}
}

func TestAStreamEndsWithItsToken(t *testing.T) {
	for path, begun := range map[string]bool{
		"/beta/listen?table=t": true, "/dump": true, syncing + "LogEntries": true, proxied + "StreamExec": true,
		"/beta/listen?table=u": false, syncing + "BatchLogEntries": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			var observed []refusal.Reason
			tokens := new(strict)
			gate := newGate(t, libsql.Options{Authenticator: tokens, Allow: allowAll, Observe: func(r refusal.Reason) { observed = append(observed, r) }})
			r := httptest.NewRequest(http.MethodGet, path, strings.NewReader(string(framed(nil))))
			r.Header.Set("Authorization", "Bearer full")
			if strings.HasPrefix(path, syncing) || strings.HasPrefix(path, proxied) {
				r.Method = http.MethodPost
				r.Header.Set("Content-Type", webType)
			}
			began := time.Now()
			time.AfterFunc(time.Minute, func() {
				tokens.retire()
			})
			reason, err, broke := handle(gate, r, func(w http.ResponseWriter, r *http.Request, _ *token.Grant) error {
				<-r.Context().Done()
				if begun {
					panic(http.ErrAbortHandler)
				}
				return context.Cause(r.Context())
			})
			if lasted := time.Since(began); lasted < time.Minute || lasted > time.Minute+time.Second {
				t.Errorf("%s: ended after %v", path, lasted)
			}
			switch {
			case begun && (!broke || len(observed) != 1 || observed[0] != refusal.Revoked):
				t.Errorf("%s: broken off: %v, observed %v", path, broke, observed)
			case !begun && (broke || reason != refusal.Revoked || len(observed) != 0):
				t.Errorf("%s: %s, %v, observed %v", path, reason, err, observed)
			}
		})
	}
}

// handle reports a panic that breaks the answer off.
func handle(g *libsql.Gate, r *http.Request, next libsql.Next) (reason refusal.Reason, err error, broke bool) {
	defer func() {
		if p := recover(); p != nil {
			broke = errors.Is(p.(error), http.ErrAbortHandler)
		}
	}()
	reason, err = g.Handle(httptest.NewRecorder(), r, "my-db", next)
	return reason, err, false
}

func TestAStreamThatItsClientLeavesIsNotARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := newGate(t, libsql.Options{Allow: allowAll, Observe: func(r refusal.Reason) { t.Errorf("observed %s", r) }})
		ctx, leave := context.WithTimeout(t.Context(), time.Hour)
		defer leave()
		r := httptest.NewRequest(http.MethodGet, "/beta/listen?table=t", nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer full")
		reason, err, broke := handle(gate, r, func(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
			<-r.Context().Done()
			return r.Context().Err()
		})
		if reason != refusal.Allowed || !errors.Is(err, context.DeadlineExceeded) || broke {
			t.Errorf("%s, %v", reason, err)
		}
	})
}

func TestOnlyTheseWordsCanBeAllowed(t *testing.T) {
	if a, err := libsql.ParseAllow("listen", "replication", "dump"); err != nil || a != allowAll {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := libsql.ParseAllow(); err != nil || a != (libsql.Allow{}) {
		t.Errorf("%+v, %v", a, err)
	}
	for _, word := range []string{"", "all", "Dump", "console"} {
		if a, err := libsql.ParseAllow("dump", word); err == nil || a != (libsql.Allow{}) {
			t.Errorf("%q: %+v", word, a)
		}
	}
}
