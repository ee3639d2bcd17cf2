package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// twoWays are bodies that another JSON reader than the server's could take for
// something harmless.
var twoWays = map[string]string{
	"a key twice":                  `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1","sql":"DELETE FROM users"}}]}`,
	"a key twice, the other way":   `{"requests":[{"type":"execute","stmt":{"sql":"DELETE FROM users","sql":"SELECT 1"}}]}`,
	"a key in another case":        `{"requests":[{"type":"execute","stmt":{"sql":"DELETE FROM users","SQL":"SELECT 1"}}]}`,
	"a key with escapes":           `{"requests":[{"type":"execute","stmt":{"\u0073ql":"DELETE FROM users"}}]}`,
	"an array for the body":        `[null,[["execute",["DELETE FROM users"]]]]`,
	"an array for a request":       `{"requests":[["execute",["DELETE FROM users"]]]}`,
	"an array for a statement":     `{"requests":[{"type":"execute","stmt":["DELETE FROM users"]}]}`,
	"a type in another case":       `{"requests":[{"Type":"close","type":"execute","stmt":{"sql":"DELETE FROM users"}}]}`,
	"two documents":                `{"requests":[]}{"requests":[{"type":"execute","stmt":{"sql":"DELETE FROM users"}}]}`,
	"a byte order mark":            "\ufeff" + `{"requests":[{"type":"execute","stmt":{"sql":"DELETE FROM users"}}]}`,
	"half a surrogate":             `{"requests":[{"type":"execute","stmt":{"sql":"DELETE FROM users -- \ud800"}}]}`,
	"no UTF-8":                     "{\"requests\":[{\"type\":\"execute\",\"stmt\":{\"sql\":\"DELETE FROM users -- \xff\"}}]}",
	"two texts, one by its number": `{"requests":[{"type":"store_sql","sql_id":1,"sql":"SELECT 1"},{"type":"execute","stmt":{"sql_id":1,"sql":"DELETE FROM users"}}]}`,
	"a number for two texts":       `{"requests":[{"type":"store_sql","sql_id":1,"sql":"SELECT 1"},{"type":"store_sql","sql_id":1,"sql":"DELETE FROM users"},{"type":"execute","stmt":{"sql_id":1}}]}`,
}

func TestWhatCouldBeReadInTwoWaysWritesNothing(t *testing.T) {
	h := startHouse(t)
	w := h.furnishForAbuse(t)
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	for name, body := range twoWays {
		for _, path := range []string{"/v2/pipeline", "/v3/pipeline"} {
			if a := mustCall(t, http.MethodPost, h.url("my-db")+path, reader, body); a.status != http.StatusBadRequest && !strings.HasPrefix(a.verdict(), "SQLITE_") {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		w.wantNoCommit(name)
	}
	plain := `{"requests":[{"type":"execute","stmt":{"sql":"DELETE FROM users"}}]}`
	for _, coding := range []string{"gzip", "identity, gzip", "x"} {
		a := mustCall(t, http.MethodPost, h.url("my-db")+"/v3/pipeline", reader, plain, header("Content-Encoding", coding))
		a.wantStatus(t, http.StatusBadRequest)
	}
	for name, message := range map[string]string{
		"an array for a message": `["request",2,["execute",1,["DELETE FROM users"],null]]`,
		"an array for a hello":   `["hello","` + h.owner + `"]`,
		"a key twice":            `{"type":"request","request_id":2,"request":{"type":"execute","stream_id":1,"stmt":{"sql":"SELECT 1","sql":"DELETE FROM users"}}}`,
		"a hello in a request":   `{"type":"request","type":"hello","jwt":"` + h.owner + `"}`,
	} {
		conn, _, err := websocket.Dial(t.Context(), h.socketURL("my-db"), &websocket.DialOptions{Subprotocols: []string{"hrana3"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		for _, first := range []object{greeting(reader), opening} {
			exchange(t.Context(), t, conn, marshal(t, first))
		}
		if reply := exchange(t.Context(), t, conn, message); !strings.Contains(reply, "StatusInvalidFramePayloadData") {
			t.Errorf("%s over WebSocket: %s", name, reply)
		}
	}
	w.wantNoCommit("what came over WebSocket")
	w.wantUnharmed()
}
