package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var protobuf = hrana.Protobuf{MaxSteps: 100}

// inProtobuf sends a pipeline, and gives the first value of each result, nil
// where there is none.
func (h *house) inProtobuf(t *testing.T, token string, p *hrana.Pipeline) (baton string, values []hrana.Value) {
	t.Helper()
	body, err := protobuf.EncodePipeline(p)
	if err != nil {
		t.Fatal(err)
	}
	a := mustCall(t, http.MethodPost, h.url("my-db")+"/v3-protobuf/pipeline", token, string(body)).wantStatus(t, http.StatusOK)
	response, err := protobuf.DecodeResponse([]byte(a.body))
	if err != nil || len(response.Results) != len(p.Requests) {
		t.Fatalf("%q: %v", a.body, err)
	}
	for _, result := range response.Results {
		value, _ := protobuf.FirstValue(result)
		values = append(values, value)
	}
	return *response.Baton, values
}

func selects(v hrana.Value) hrana.Request {
	return hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "SELECT ?"}, Args: []hrana.Value{v}}}
}

func TestTheServerReadsProtobufAsWeWriteIt(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	for access, token := range map[string]string{"full-access": full, "read-only": h.mint(t, myDB, "authorization=read-only", "").JWT} {
		t.Run(access, func(t *testing.T) {
			id := int32(-3)
			baton, values := h.inProtobuf(t, token, &hrana.Pipeline{Requests: []hrana.Request{
				selects(int64(-9)), selects(1.5), selects("text"),
				hrana.StoreSQL{ID: id, SQL: "SELECT 7"},
				hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{Stored: &id}}},
				hrana.Sequence{Text: hrana.Text{SQL: "SELECT 1; SELECT 2"}},
				hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "SELECT query_only FROM pragma_query_only"}}},
			}})
			locked := int64(0)
			if access == "read-only" {
				locked = 1
			}
			for i, want := range []hrana.Value{int64(-9), 1.5, "text", nil, int64(7), nil, locked} {
				if values[i] != want {
					t.Errorf("result %d is %v, want %v", i, values[i], want)
				}
			}
			cursor, err := protobuf.EncodeCursor(&hrana.Cursor{Baton: baton, Batch: hrana.Batch{Steps: []hrana.Step{{Stmt: selects(int64(1)).(hrana.Execute).Stmt}}}})
			if err != nil {
				t.Fatal(err)
			}
			a := mustCall(t, http.MethodPost, h.url("my-db")+"/v3-protobuf/cursor", token, string(cursor)).wantStatus(t, http.StatusOK)
			if len(a.body) < 100 {
				t.Errorf("the cursor gave %q", a.body)
			}
		})
	}
	read := h.mint(t, myDB, "authorization=read-only", "").JWT
	h.inProtobuf(t, read, &hrana.Pipeline{Requests: []hrana.Request{
		hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "DELETE FROM users"}}},
		hrana.Sequence{Text: hrana.Text{SQL: "SELECT 1; DELETE FROM users"}},
	}})
	if n := h.users(t, "my-db", full); n != "2" {
		t.Errorf("%v users are left", n)
	}
}

// voice is a WebSocket in one of the two encodings.
type voice struct {
	t     *testing.T
	conn  *websocket.Conn
	codec hrana.SocketCodec
	kind  websocket.MessageType
}

// speak opens a WebSocket and offers compression, as browsers do.
func (h *house) speak(t *testing.T, protocol string) *voice {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), h.socketURL("my-db"), &websocket.DialOptions{
		Subprotocols: []string{protocol}, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(1 << 20)
	if protocol == hranaProtobuf {
		return &voice{t, conn, protobuf, websocket.MessageBinary}
	}
	return &voice{t, conn, hrana.JSON{MaxSteps: 100}, websocket.MessageText}
}

// say sends a message and reads the next.
func (v *voice) say(message []byte) string {
	v.t.Helper()
	if err := v.conn.Write(v.t.Context(), v.kind, message); err != nil {
		v.t.Fatal(err)
	}
	_, reply, err := v.conn.Read(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	return string(reply)
}

// hello shows a token that has to be taken.
func (v *voice) hello(token string) {
	v.t.Helper()
	reply := v.say(v.codec.EncodeHello(hrana.Hello{JWT: token}))
	if kind, _, err := v.codec.PeekServer([]byte(reply)); err != nil || kind != hrana.ServerHello || strings.Contains(reply, "Authentication") {
		v.t.Fatalf("the hello gives %q, %v", reply, err)
	}
}

// ask sends a request, and gives the first value of the answer.
func (v *voice) ask(r hrana.SocketRequest) (value hrana.Value, reply string) {
	v.t.Helper()
	message, err := v.codec.EncodeSocketRequest(300, r)
	if err != nil {
		v.t.Fatal(err)
	}
	reply = v.say(message)
	if _, id, err := v.codec.PeekServer([]byte(reply)); err != nil || id != 300 {
		v.t.Fatalf("%+v gives %q, %v", r, reply, err)
	}
	value, _ = v.codec.AnswerValue([]byte(reply))
	return value, reply
}

// run executes a statement in stream 1, which it opens.
func (v *voice) run(sql string, args ...hrana.Value) (value hrana.Value, reply string) {
	v.t.Helper()
	v.ask(hrana.OpenStream{Stream: 1})
	defer v.ask(hrana.CloseStream{Stream: 1})
	return v.ask(hrana.OnStream{Stream: 1, Request: hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: sql}, Args: args}}})
}

func TestASocketSpeaksBothEncodings(t *testing.T) {
	h := startHouse(t)
	full, reader := h.furnish(t, "my-db"), h.mint(t, myDB, "authorization=read-only", "").JWT
	for _, protocol := range []string{"hrana3", hranaProtobuf} {
		t.Run(protocol, func(t *testing.T) {
			v := h.speak(t, protocol)
			v.hello(full)
			if _, reply := v.run("UPDATE users SET name = name"); strings.Contains(reply, "SQLITE") {
				t.Errorf("full access is refused: %q", reply)
			}
			v.hello(reader)
			for range 2 {
				for _, value := range []hrana.Value{int64(-9), 1.5, "text"} {
					if got, reply := v.run("SELECT ?", value); got != value {
						t.Errorf("SELECT %v gives %v in %q", value, got, reply)
					}
				}
				if got, _ := v.run("SELECT query_only FROM pragma_query_only"); got != int64(1) {
					t.Errorf("the stream is not locked: %v", got)
				}
				if _, reply := v.run("DELETE FROM users"); !strings.Contains(reply, "SQLITE_READONLY") {
					t.Errorf("a write gives %q", reply)
				}
			}
			v.ask(hrana.OpenStream{Stream: 2})
			if _, reply := v.ask(hrana.OnStream{Stream: 2, Request: hrana.Sequence{Text: hrana.Text{SQL: "SELECT 1; SELECT 2"}}}); strings.Contains(reply, "SQL") {
				t.Errorf("a sequence gives %q", reply)
			}
			v.ask(hrana.OpenCursor{Stream: 2, Cursor: 1, Batch: hrana.Batch{Steps: []hrana.Step{{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "SELECT name FROM users"}}}}}})
			if _, reply := v.ask(hrana.FetchCursor{Cursor: 1, MaxCount: 10}); !strings.Contains(reply, "Ada of my-db") {
				t.Errorf("a cursor gives %q", reply)
			}
			v.hello(full)
			if _, reply := v.run("UPDATE users SET name = name"); strings.Contains(reply, "SQLITE") {
				t.Errorf("full access is refused again: %q", reply)
			}
		})
	}
	if n := h.users(t, "my-db", full); n != "2" {
		t.Errorf("%v users are left", n)
	}
}

func TestASocketInProtobufEndsWithItsToken(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	for reason, c := range map[string]struct {
		mint string
		end  func(token minted)
	}{
		"token expired":             {"expiration=5s", func(minted) {}},
		"token revoked":             {"expiration=1h", func(token minted) { h.mustRevoke(t, myDB, token.ID) }},
		"token revoked by rotation": {"expiration=1h", func(minted) { h.rotate(t, myDB, "") }},
	} {
		t.Run(reason, func(t *testing.T) {
			token := h.mint(t, myDB, c.mint, "")
			v := h.speak(t, hranaProtobuf)
			v.hello(token.JWT)
			c.end(token)
			ended := time.Now()
			_, message, err := v.conn.Read(t.Context())
			if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || !strings.Contains(err.Error(), reason) {
				t.Errorf("read %q, %v", message, err)
			}
			if reason == "token expired" { // a hello is taken a moment longer, for clocks that differ
				return
			}
			wantPrompt(t, "the end of the socket", time.Since(ended))
			again := h.speak(t, hranaProtobuf)
			reply := again.say(again.codec.EncodeHello(hrana.Hello{JWT: token.JWT}))
			if !strings.Contains(reply, "AUTH_JWT_INVALID") {
				t.Errorf("the next hello gives %q", reply)
			}
		})
	}
}
