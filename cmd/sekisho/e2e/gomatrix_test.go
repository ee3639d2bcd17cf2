package e2e

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tursodatabase/libsql-client-go/libsql"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// connect opens one connection with the Go client; scheme is "http" or "ws".
func (h *house) connect(t *testing.T, scheme, at, token string) (*sql.Conn, error) {
	t.Helper()
	connector, err := libsql.NewConnector(scheme+"://"+at, libsql.WithAuthToken(token))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db.Conn(t.Context())
}

func readUsers(ctx context.Context, conn *sql.Conn) error {
	return conn.QueryRowContext(ctx, "SELECT count(*) FROM users").Scan(new(int))
}

var errStillOpen = errors.New("the connection still reads")

const goWrite = "INSERT INTO visits (note) VALUES ('seen')"

// goClients are the two ways of the Go client. Over HTTP it shows the title of a
// refusal only, and of a socket that has ended no reason.
var goClients = map[string]shows{
	"http": {
		invalid: "error code 401: Invalid token", unreachable: "error code 403: Permission denied",
		limited: "error code 429: Too many requests", ended: "error code 401: Invalid token",
	},
	"ws": {invalid: "Authentication failed: " + invalid, unreachable: "Authentication failed: " + unreachable},
}

func TestTheGoClientMatrix(t *testing.T) {
	h := startHouse(t, limited(t))
	full := h.furnish(t, "my-db")
	h.execute(t, "my-db", full, "CREATE TABLE visits (note TEXT)")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	tokens := h.refusable(t)
	at := h.Listener["my-db"]
	for scheme, shows := range goClients {
		t.Run(scheme, func(t *testing.T) {
			conn, err := h.connect(t, scheme, at, full)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(t.Context(), goWrite); err != nil {
				t.Errorf("full access: %v", err)
			}

			if conn, err = h.connect(t, scheme, at, reader); err != nil {
				t.Fatal(err)
			}
			before := h.refusals(t)
			if _, err := conn.ExecContext(t.Context(), goWrite); err == nil || !strings.Contains(err.Error(), "read-only") {
				t.Errorf("read-only: the refusal reads %v", err)
			}
			h.wantOneRefusal(t, before)
			if err := readUsers(t.Context(), conn); err != nil {
				t.Errorf("read-only, on the connection that was refused a write: %v", err)
			}

			h.wantGoRefused(t, scheme, at, tokens.expired, shows.invalid)
			h.wantGoRefused(t, scheme, at, tokens.revoked, shows.invalid)
			h.wantGoRefused(t, scheme, at, tokens.elsewhere, shows.unreachable)
			if shows.limited != "" {
				h.wantGoRefused(t, scheme, h.Limited, tokens.spent, shows.limited)
			}
			h.wantEndOfConnection(t, scheme, shows.ended)
		})
	}
	// An accepted write arrives once, as a refused one does.
	if n := h.execute(t, "my-db", full, "SELECT count(*) FROM visits"); n != "2" {
		t.Errorf("%v visits were written, want one by each client with full access", n)
	}
}

// wantGoRefused wants the client to show why it can do nothing.
func (h *house) wantGoRefused(t *testing.T, scheme, at, token, shows string) {
	t.Helper()
	conn, err := h.connect(t, scheme, at, token)
	if err == nil {
		err = readUsers(t.Context(), conn)
	}
	if err == nil || !strings.Contains(err.Error(), shows) {
		t.Errorf("the refusal reads %v, want %q", err, shows)
	}
}

// wantEndOfConnection revokes the token of a connection, which must end with an
// error that shows the text.
func (h *house) wantEndOfConnection(t *testing.T, scheme, shows string) {
	t.Helper()
	live := h.mint(t, myDB, "authorization=read-only", "")
	conn, err := h.connect(t, scheme, h.Listener["my-db"], live.JWT)
	if err != nil {
		t.Fatal(err)
	}
	if err := readUsers(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	h.mustRevoke(t, myDB, live.ID)
	revoked := time.Now()
	var last error
	err = testrig.Await(t.Context(), "the connection to end", patience, func(ctx context.Context) error {
		if last = readUsers(ctx, conn); last == nil {
			return errStillOpen
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantPrompt(t, "the end of the connection", time.Since(revoked))
	if !strings.Contains(last.Error(), shows) {
		t.Errorf("revoked while connected: the refusal reads %v", last)
	}
}
