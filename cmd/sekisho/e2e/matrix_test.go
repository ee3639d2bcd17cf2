package e2e

import (
	"context"
	"encoding/json"
	"errors"
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
	Transact           *clientCall // nil: the client has no transactions
	Tables             []string
	Lived              int // milliseconds that the connection went on after the revocation
}

const (
	invalid     = "Token is invalid or has been revoked"
	unreachable = "This token does not reach this database."
)

// shows is what a client makes of our refusals.
type shows struct {
	invalid     string // of a token that has expired or was revoked
	unreachable string // of a token for another database
	limited     string // of a token that has asked too often; empty: the client cannot come there
	ended       string // of a token that is revoked while it is in use
}

// inFull is a client that shows the code and the message.
var inFull = shows{
	invalid: "AUTH_JWT_INVALID " + invalid, unreachable: "PERMISSION_DENIED " + unreachable,
	limited: "RATE_LIMITED: The limit of 1 requests per 1h is used up.", ended: "AUTH_JWT_INVALID " + invalid,
}

// npmClients are those of matrix.mjs. Of an answer to a pipeline the serverless
// client shows the status only. A WebSocket carries no token where the limit looks for it.
var npmClients = map[string]shows{
	"libsql http": inFull,
	"libsql ws": {
		invalid: "AUTH_JWT_INVALID Authentication failed: " + invalid, unreachable: "PERMISSION_DENIED Authentication failed: " + unreachable,
		ended: "code 1008: token revoked",
	},
	"serverless": {invalid: "401", unreachable: "403", limited: "429", ended: "401"},
	"drizzle":    inFull,
	"kysely":     inFull,
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

// limited lets a token ask once an hour at another address.
func limited(t *testing.T) func(*site) {
	return func(s *site) { s.Limited = address(t) }
}

// refusable are tokens that are refused, whoever uses them.
type refusable struct{ expired, revoked, elsewhere, spent string }

func (h *house) refusable(t *testing.T) refusable {
	t.Helper()
	revoked, spent := h.mint(t, myDB, "", ""), h.mint(t, myDB, "authorization=read-only", "").JWT
	h.mustRevoke(t, myDB, revoked.ID)
	mustCall(t, http.MethodPost, "http://"+h.Limited+"/v2/pipeline", spent, pipeline("SELECT 1")).wantStatus(t, http.StatusOK)
	return refusable{h.expired(t), revoked.JWT, h.mint(t, otherDB, "", "").JWT, spent}
}

func TestTheClientMatrix(t *testing.T) {
	h := startHouse(t, limited(t))
	full := h.furnish(t, "my-db")
	h.execute(t, "my-db", full, "CREATE TABLE visits (note TEXT)")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	tokens := h.refusable(t)
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
			if s.Transact != nil && !s.Transact.OK {
				t.Errorf("read-only, in a transaction: %s", s.Transact.Shown)
			}
			h.wantOneRefusal(t, before)
			h.wantRefused(t, client, "expired", tokens.expired, shows.invalid)
			h.wantRefused(t, client, "revoked", tokens.revoked, shows.invalid)
			h.wantRefused(t, client, "for another database", tokens.elsewhere, shows.unreachable)
			if shows.limited != "" {
				h.wantRefused(t, client, "asked too often", tokens.spent, shows.limited, "DB_URL=http://"+h.Limited)
			}
			live := h.mint(t, myDB, "authorization=read-only", "")
			s = h.session(t, client, live.JWT, "REVOKE_URL="+h.auth(myDB, "tokens/"+live.ID), "ADMIN_KEY="+h.adminKey)
			if !s.Read.OK || s.Again.OK || !strings.Contains(s.Again.Shown, shows.ended) {
				t.Errorf("revoked while connected: %+v", s)
			}
			wantPrompt(t, "the end of the connection", time.Duration(s.Lived)*time.Millisecond)
		})
	}
	// An accepted write arrives once, as a refused one does.
	if n := h.execute(t, "my-db", full, "SELECT count(*) FROM visits"); n != strconv.Itoa(len(npmClients)) {
		t.Errorf("%v visits were written, want one by each client with full access", n)
	}
}

// wantRefused wants the client to show why it can neither read nor write.
func (h *house) wantRefused(t *testing.T, client, why, token, shows string, env ...string) {
	t.Helper()
	s := h.session(t, client, token, env...)
	if s.Read.OK || s.Write.OK || !strings.Contains(s.Read.Shown, shows) || !strings.Contains(s.Write.Shown, shows) {
		t.Errorf("%s: %+v, want %q", why, s, shows)
	}
}

// expired is a token that was good.
func (h *house) expired(t *testing.T) string {
	t.Helper()
	token := h.mint(t, myDB, "expiration=1s", "").JWT
	eventually(t, "the token to expire, with the leeway for clocks", startUp, http.StatusUnauthorized, func(ctx context.Context) (answer, error) {
		return h.query(ctx, "my-db", token, "SELECT 1")
	})
	return token
}

var readOnlyVerdicts = regexp.MustCompile(`(?m)^caddy_sekisho_verdicts_total\{[^}]*reason="read_only"[^}]*\} (\d+)`)

// wantOneRefusal wants that one request was refused for being a write, since there
// were so many of them. It is counted when its answer has been written.
func (h *house) wantOneRefusal(t *testing.T, before int) {
	t.Helper()
	err := testrig.Await(t.Context(), "a refusal to be counted", startUp, func(context.Context) error {
		if h.refusals(t) == before {
			return errors.New("none is")
		}
		return nil
	})
	if sent := h.refusals(t) - before; err != nil || sent != 1 {
		t.Errorf("a refused write was sent %d times", sent)
	}
}

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
