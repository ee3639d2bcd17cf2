package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
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
		"token expired":             {"authorization=read-only&expiration=5s", "", ""},
	} {
		env := []string{"DB_URL=" + h.socketURL("my-db") + "?tls=0", "ADMIN_KEY=" + h.adminKey, "METHOD=" + c.method}
		if c.ending == "" { // its time must not run while Node starts
			env = append(env, "MINT="+h.auth(myDB, "tokens?"+c.mint))
		} else {
			token := h.mint(t, myDB, c.mint, "")
			env = append(env, "DB_TOKEN="+token.JWT, "ENDING="+strings.TrimSuffix(h.auth(myDB, c.ending+token.ID), "?"+token.ID))
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
		if c.ending != "" {
			wantPrompt(t, reason, time.Duration(got.Milliseconds)*time.Millisecond)
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
	revoked := time.Now()
	err := testrig.Await(t.Context(), "the client to show the end of its token", patience, func(ctx context.Context) error {
		err := db.QueryRowContext(ctx, "SELECT 1").Scan(new(int))
		if err != nil && strings.Contains(err.Error(), "Authentication failed") {
			return nil
		}
		return fmt.Errorf("it says %v", err)
	})
	if err != nil {
		t.Fatal(err)
	}
	wantPrompt(t, "the end of the connection", time.Since(revoked))
}

func TestTheAccessLogNamesTheTokenOfASocket(t *testing.T) {
	h := startHouse(t)
	first, second := h.mint(t, myDB, "", ""), h.mint(t, myDB, "authorization=read-only", "")
	for name, c := range map[string]struct {
		hellos []string
		id     string
	}{
		"the first of two": {[]string{first.JWT, second.JWT}, first.ID},
		"none":             {nil, ""},
	} {
		before := len(h.gate.Log())
		v := h.speak(t, hranaProtobuf)
		for _, token := range c.hellos {
			v.hello(token)
		}
		_ = v.conn.CloseNow()
		await(t, "the socket's line in the access log", func() error {
			for line := range strings.Lines(h.gate.Log()[before:]) {
				var entry struct {
					Msg    string
					Status int
					UserID string `json:"user_id"`
				}
				if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "handled request" && entry.Status == http.StatusSwitchingProtocols {
					if entry.UserID != c.id {
						t.Errorf("%s: the line has user_id %q, want %q", name, entry.UserID, c.id)
					}
					return nil
				}
			}
			return errors.New("there is none")
		})
	}
}

// await waits for what the gate does after it has answered.
func await(t *testing.T, what string, ready func() error) {
	t.Helper()
	if err := testrig.Await(t.Context(), what, startUp, func(context.Context) error { return ready() }); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsSentBeforeTheUpgradeIsJudgedToo(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	conn, err := net.Dial("tcp", h.Listener["my-db"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(startUp))
	early := []byte("GET / HTTP/1.1\r\nHost: " + h.Listener["my-db"] + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: hrana2\r\n\r\n")
	for _, message := range append([]object{greeting(reader), opening}, wrapped([]object{
		{"type": "execute", "stream_id": 1, "stmt": stmt("DELETE FROM users")},
		{"type": "execute", "stream_id": 1, "stmt": stmt("SELECT name FROM users")},
	})...) {
		early = append(early, textFrame(marshal(t, message))...)
	}
	if _, err := conn.Write(early); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for !strings.Contains(string(got), "Ada of my-db") {
		piece := make([]byte, 4096)
		n, err := conn.Read(piece)
		if got = append(got, piece[:n]...); err != nil {
			t.Fatalf("%v after %q", err, got)
		}
	}
	if !strings.Contains(string(got), "SQLITE_READONLY") || h.users(t, "my-db", full) != "2" {
		t.Errorf("the answers are %q", got)
	}
}

// textFrame is a frame of a client, under a mask that changes nothing.
func textFrame(text string) []byte {
	head := []byte{0x81, 0x80 | byte(len(text))}
	if len(text) > 125 {
		head = []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text))}
	}
	return append(append(head, 0, 0, 0, 0), text...)
}

func TestALargeMessageAndAPingPass(t *testing.T) {
	h := startHouse(t)
	v := h.speak(t, hranaProtobuf)
	v.hello(h.furnish(t, "my-db"))
	part := strings.Repeat("x", 4<<20) // five of them are more than sqld takes in one frame
	if got, reply := v.run("SELECT length(?) + length(?) + length(?) + length(?) + length(?)", part, part, part, part, part); got != int64(5*len(part)) {
		t.Errorf("got %v in %q", got, reply)
	}
	if err := v.conn.Ping(v.conn.CloseRead(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestAReloadEndsSocketsInWords(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	for _, protocol := range []string{"hrana3", hranaProtobuf} {
		v := h.speak(t, protocol)
		v.hello(full)
		if err := h.gate.Reload(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		_, message, err := v.conn.Read(t.Context())
		if websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("after a reload the client read %q, %v", message, err)
		}
		again := h.speak(t, protocol)
		again.hello(full)
		if got, reply := again.run("SELECT 1"); got != int64(1) {
			t.Errorf("after the reload SELECT 1 gives %q", reply)
		}
	}
}
