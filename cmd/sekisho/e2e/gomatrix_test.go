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
func (h *house) connect(t *testing.T, scheme, token string) (*sql.Conn, error) {
	t.Helper()
	connector, err := libsql.NewConnector(scheme+"://"+h.Listener["my-db"], libsql.WithAuthToken(token))
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

const goWrite = "INSERT INTO users (name) VALUES ('Eve')"

func TestTheGoClientMatrix(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	expired := h.expired(t)
	for scheme, shows := range map[string]struct{ expired, revoked string }{
		"http": {"error code 401: Invalid token", "error code 401: Invalid token"},
		"ws":   {"Token is invalid", ""}, // of a socket that has ended it shows no reason
	} {
		t.Run(scheme, func(t *testing.T) {
			conn, err := h.connect(t, scheme, full)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(t.Context(), "UPDATE users SET name = name"); err != nil {
				t.Errorf("full access: %v", err)
			}

			if conn, err = h.connect(t, scheme, reader); err != nil {
				t.Fatal(err)
			}
			before := h.refusals(t)
			if _, err := conn.ExecContext(t.Context(), goWrite); err == nil || !strings.Contains(err.Error(), "read-only") {
				t.Errorf("read-only: the refusal reads %v", err)
			}
			if sent := h.refusals(t) - before; sent != 1 {
				t.Errorf("read-only: a refused write was sent %d times", sent)
			}
			if err := readUsers(t.Context(), conn); err != nil {
				t.Errorf("read-only, on the connection that was refused a write: %v", err)
			}

			if conn, err = h.connect(t, scheme, expired); err == nil {
				err = readUsers(t.Context(), conn)
			}
			if err == nil || !strings.Contains(err.Error(), shows.expired) {
				t.Errorf("expired: the refusal reads %v", err)
			}
			h.wantEndOfConnection(t, scheme, shows.revoked)
		})
	}
	if n := h.users(t, "my-db", full); n != "2" {
		t.Errorf("%v users", n)
	}
}

// wantEndOfConnection revokes the token of a connection, which must end within a
// second with an error that shows the text.
func (h *house) wantEndOfConnection(t *testing.T, scheme, shows string) {
	t.Helper()
	live := h.mint(t, myDB, "authorization=read-only", "")
	conn, err := h.connect(t, scheme, live.JWT)
	if err != nil {
		t.Fatal(err)
	}
	if err := readUsers(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	h.mustRevoke(t, myDB, live.ID)
	var last error
	err = testrig.Await(t.Context(), "the connection to end", time.Second, func(ctx context.Context) error {
		if last = readUsers(ctx, conn); last == nil {
			return errStillOpen
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	} else if !strings.Contains(last.Error(), shows) {
		t.Errorf("revoked while connected: the refusal reads %v", last)
	}
}
