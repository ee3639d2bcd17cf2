package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// clientCall is what a client made of one call.
type clientCall struct {
	OK    bool
	Shown string // the error with its causes
}

// clientSession is what matrix.mjs prints.
type clientSession struct {
	Read, Write, Again clientCall
	Tables             []string
	Lived              int // milliseconds that the connection went on after the revocation
}

const invalid = "Token is invalid or has been revoked"

// npmClients are those of matrix.mjs, with what each shows when its token has
// expired, and when it is revoked on a connection. Of an answer to a pipeline the
// serverless client shows the status only.
var npmClients = map[string]struct{ expired, revoked string }{
	"libsql http": {"AUTH_JWT_INVALID " + invalid, "AUTH_JWT_INVALID " + invalid},
	"libsql ws":   {invalid, "code 1008: token revoked"},
	"serverless":  {"401", "401"},
	"drizzle":     {"AUTH_JWT_INVALID " + invalid, "AUTH_JWT_INVALID " + invalid},
	"kysely":      {"AUTH_JWT_INVALID " + invalid, "AUTH_JWT_INVALID " + invalid},
}

func (h *house) session(t *testing.T, client, token string, env ...string) clientSession {
	t.Helper()
	printed := node(t, testrig.Script{Path: "testdata/clients/matrix.mjs", Env: append([]string{
		"CLIENT=" + client, "DB_URL=" + h.url("my-db"), "DB_TOKEN=" + token,
	}, env...)})
	var s clientSession
	if err := json.Unmarshal([]byte(printed), &s); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
	return s
}

func TestTheClientMatrix(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	h.execute(t, "my-db", full, "CREATE TABLE visits (note TEXT)")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	expired := h.expired(t)
	for client, shows := range npmClients {
		t.Run(client, func(t *testing.T) {
			if s := h.session(t, client, full); !s.Read.OK || !s.Write.OK {
				t.Errorf("full access: %+v", s)
			}
			before := h.refusals(t)
			s := h.session(t, client, reader)
			if !s.Read.OK || s.Write.OK || !strings.Contains(s.Write.Shown, "read-only") || !strings.Contains(s.Write.Shown, "SQLITE_READONLY") {
				t.Errorf("read-only: %+v", s)
			}
			if sent := h.refusals(t) - before; sent != 1 {
				t.Errorf("read-only: a refused write was sent %d times", sent)
			}
			if s := h.session(t, client, expired); s.Read.OK || s.Write.OK || !strings.Contains(s.Read.Shown, shows.expired) {
				t.Errorf("expired: %+v", s)
			}
			live := h.mint(t, myDB, "authorization=read-only", "")
			s = h.session(t, client, live.JWT, "REVOKE_URL="+h.auth(myDB, "tokens/"+live.ID), "ADMIN_KEY="+h.adminKey)
			if !s.Read.OK || s.Again.OK || !strings.Contains(s.Again.Shown, shows.revoked) {
				t.Errorf("revoked while connected: %+v", s)
			}
			if limit := time.Second; time.Duration(s.Lived)*time.Millisecond > limit {
				t.Errorf("the connection lived on for %d ms", s.Lived)
			}
		})
	}
	if n := h.execute(t, "my-db", full, "SELECT count(*) FROM visits"); n != strconv.Itoa(len(npmClients)) {
		t.Errorf("%v visits were written, want one by each client with full access", n)
	}
}

// expired is a token that was good.
func (h *house) expired(t *testing.T) string {
	t.Helper()
	token := h.mint(t, myDB, "expiration=1s", "").JWT
	eventually(t, "the token to expire, with the leeway for clocks", 15*time.Second, http.StatusUnauthorized, func(ctx context.Context) (answer, error) {
		return h.query(ctx, "my-db", token, "SELECT 1")
	})
	return token
}

var readOnlyVerdicts = regexp.MustCompile(`(?m)^caddy_sekisho_verdicts_total\{[^}]*reason="read_only"[^}]*\} (\d+)`)

// refusals is how many requests the gate has refused for being writes.
func (h *house) refusals(t *testing.T) int {
	t.Helper()
	a := mustCall(t, http.MethodGet, "http://"+h.Admin+"/metrics", "", "").wantStatus(t, http.StatusOK)
	total := 0
	for _, m := range readOnlyVerdicts.FindAllStringSubmatch(a.body, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}
