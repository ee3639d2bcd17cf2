package e2e

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/tursodatabase/libsql-client-go/libsql"
)

func (h *house) open(t *testing.T, token string) *sql.DB {
	t.Helper()
	connector, err := libsql.NewConnector(h.url("my-db"), libsql.WithAuthToken(token))
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestTheGoClientReadsAndIsRefusedAWrite(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	db := h.open(t, h.mint(t, myDB, "authorization=read-only", "").JWT)
	var name string
	if err := db.QueryRowContext(t.Context(), "SELECT name FROM users WHERE id = ?", 1).Scan(&name); err != nil || name != "Ada of my-db" {
		t.Errorf("read %q, %v", name, err)
	}
	_, err := db.ExecContext(t.Context(), "DELETE FROM users")
	if err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("the refusal reads %v", err)
	}
}

func TestTheGoClientShowsWhyATokenIsRefused(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	token := h.mint(t, myDB, "", "")
	h.mustRevoke(t, myDB, token.ID)
	err := h.open(t, token.JWT).QueryRowContext(t.Context(), "SELECT 1").Scan(new(int))
	if err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "Invalid token") {
		t.Errorf("the refusal reads %v", err)
	}
}
