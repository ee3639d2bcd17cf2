package e2e

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/tursodatabase/libsql-client-go/libsql"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

func (h *house) socketURL(database string) string { return "ws://" + h.Listener[database] }

// attemptBySocket is [house.attempt] over a WebSocket.
func (h *house) attemptBySocket(t *testing.T, token string, texts map[string]string) map[string]map[string]outcome {
	t.Helper()
	attempts, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	printed := node(t, testrig.Script{Path: "testdata/clients/readonly.mjs", Env: []string{
		"DB_URL=" + h.socketURL("my-db") + "?tls=0", "DB_TOKEN=" + token, "ATTEMPTS=" + string(attempts),
	}})
	var outcomes map[string]map[string]outcome
	if err := json.Unmarshal([]byte(printed), &outcomes); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
	return outcomes
}

func TestATokenHoldsOverAWebSocketAsItDoesOverHTTP(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	outcomes := h.attemptBySocket(t, reader, reads)
	for name := range reads {
		for way, got := range outcomes[name] {
			if got.Rows == nil || *got.Rows == 0 {
				t.Errorf("%s by %s: %+v", name, way, got)
			}
		}
	}
	texts := map[string]string{}
	for name, w := range writes {
		texts[name] = w.sql
	}
	outcomes = h.attemptBySocket(t, reader, texts)
	for name := range writes {
		for way, got := range outcomes[name] {
			if got.Rows != nil || writes[name].code != "" && got.Code != writes[name].code {
				t.Errorf("%s by %s: %+v", name, way, got)
			}
		}
	}
	owner := h.mint(t, myDB, "", "").JWT
	written := h.attemptBySocket(t, owner, map[string]string{"insert": writes["insert, returning"].sql})
	for way, got := range written["insert"] {
		if got.Code != "" {
			t.Errorf("a full-access token is refused by %s: %+v", way, got)
		}
	}
}

func TestALiveSocketEndsWithItsToken(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	for reason, c := range map[string]struct {
		mint           string
		method, ending string // the token's id follows
	}{
		"token revoked":             {"authorization=read-only", http.MethodDelete, "tokens/"},
		"token revoked by rotation": {"authorization=read-only", http.MethodPost, "rotate?"},
		"token expired":             {"authorization=read-only&expiration=4s", "", ""},
	} {
		token := h.mint(t, myDB, c.mint, "")
		env := []string{"DB_URL=" + h.socketURL("my-db") + "?tls=0", "DB_TOKEN=" + token.JWT, "ADMIN_KEY=" + h.adminKey, "METHOD=" + c.method}
		if c.ending != "" {
			env = append(env, "ENDING="+strings.TrimSuffix(h.auth(myDB, c.ending+token.ID), "?"+token.ID))
		}
		printed := node(t, testrig.Script{Path: "testdata/clients/socket.mjs", Env: env})
		var got struct {
			Code, Message string
			Milliseconds  int
		}
		if err := json.Unmarshal([]byte(printed), &got); err != nil {
			t.Fatalf("%v in %q", err, printed)
		}
		if !strings.Contains(got.Message, "1008: "+reason) {
			t.Errorf("%s: the client shows %s %q", reason, got.Code, got.Message)
		}
		if c.ending != "" && got.Milliseconds > 1000 {
			t.Errorf("%s: the client heard of it after %d ms", reason, got.Milliseconds)
		}
	}
}

func TestASocketHearsNoCredentialButTheHello(t *testing.T) {
	h := startHouse(t)
	token := h.mint(t, myDB, "", "").JWT
	_, response, err := websocket.Dial(t.Context(), h.socketURL("my-db"), &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}, Subprotocols: []string{"hrana2"},
	})
	if err == nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("got %v, %v", response, err)
	}
}

func TestTheGoClientSpeaksWebSocket(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	open := func(token string) *sql.DB {
		connector, err := libsql.NewConnector(h.socketURL("my-db"), libsql.WithAuthToken(token))
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	owner, reader := h.mint(t, myDB, "", ""), h.mint(t, myDB, "authorization=read-only", "")
	if _, err := open(owner.JWT).ExecContext(t.Context(), "INSERT INTO users (name) VALUES ('Bob')"); err != nil {
		t.Error(err)
	}
	db := open(reader.JWT)
	var name string
	if err := db.QueryRowContext(t.Context(), "SELECT name FROM users WHERE id = ?", 1).Scan(&name); err != nil || name != "Ada of my-db" {
		t.Errorf("read %q, %v", name, err)
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM users"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("the refusal reads %v", err)
	}
	h.mustRevoke(t, myDB, reader.ID)
	for deadline := time.Now().Add(time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := db.QueryRowContext(t.Context(), "SELECT 1").Scan(new(int))
		if err != nil && strings.Contains(err.Error(), "Authentication failed") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a second after the revocation the client says %v", err)
		}
	}
}
