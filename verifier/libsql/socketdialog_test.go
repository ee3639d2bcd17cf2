package libsql_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// strict is an authenticator whose tokens can be taken back.
type strict struct {
	authenticator
	retired atomic.Pointer[refusal.Refusal]
	revoked atomic.Bool
}

// retire ends every token, as if by itself.
func (s *strict) retire() {
	s.retired.Store(&refusal.Refusal{Status: 401, Code: refusal.AuthInvalid, Reason: refusal.Revoked})
}

func (s *strict) revoke() {
	s.retire()
	s.revoked.Store(true)
}

func (*strict) Bare(r *http.Request) error {
	if r.Header.Get("Authorization") != "" {
		return &refusal.Refusal{Status: 400, Code: refusal.AuthTwoCredentials, Reason: refusal.Multiple}
	}
	return nil
}

func (s *strict) Recheck(*token.Grant) error {
	if r := s.retired.Load(); r != nil {
		return r
	}
	return nil
}

func (s *strict) TakenBack(g *token.Grant) error {
	if s.revoked.Load() {
		return s.Recheck(g)
	}
	return nil
}

// dialog is a WebSocket through a gate, to a server that answers every request.
type dialog struct {
	t      *testing.T
	tokens *strict
	client *websocket.Conn
	server chan string         // messages as the server got them
	asked  *http.Request       // the upgrade, as the server got it
	counts chan refusal.Reason // observed inside the socket
	value  string              // that the server gives for everything, as an integer
}

// open upgrades through a gate, as @libsql/client does.
func open(t *testing.T, protocols ...string) *dialog {
	t.Helper()
	return openAt(t, "1", libsql.Options{}, protocols...)
}

// openAt upgrades to a server that gives one value for everything.
func openAt(t *testing.T, value string, o libsql.Options, protocols ...string) *dialog {
	t.Helper()
	d := &dialog{t: t, tokens: new(strict), server: make(chan string, 4096), counts: make(chan refusal.Reason, 4096), value: value}
	s := newSite(t)
	s.answer = d.serve
	o.Authenticator, o.MaxBody, o.MaxSteps, o.Observe = d.tokens, 1<<20, 100, func(r refusal.Reason) { d.counts <- r }
	s.gate = newGate(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	client, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.server.URL, "http"), &websocket.DialOptions{
		Subprotocols: protocols, CompressionMode: websocket.CompressionContextTakeover, // which is not to be taken up
	})
	if err != nil {
		t.Fatal(err)
	}
	client.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = client.CloseNow() })
	d.client = client
	return d
}

// serve is sqld, which says yes to everything.
func (d *dialog) serve(w http.ResponseWriter, r *http.Request) {
	d.asked = r
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"hrana3-protobuf", "hrana3", "hrana2", "hrana1"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	yes := d.yes
	if conn.Subprotocol() == "hrana3-protobuf" {
		yes = yesInProtobuf
	}
	for {
		kind, message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		d.server <- string(message)
		if err := conn.Write(r.Context(), kind, yes(message)); err != nil {
			return
		}
	}
}

func (d *dialog) yes(message []byte) []byte {
	var m struct {
		Type      string
		RequestID int32 `json:"request_id"`
		Request   struct {
			Type  string
			Batch struct{ Steps []any }
		}
	}
	if err := json.Unmarshal(message, &m); err != nil {
		panic(err)
	}
	if m.Type == "hello" {
		return []byte(`{"type":"hello_ok"}`)
	}
	return fmt.Appendf(nil, `{"type":"response_ok","request_id":%d,"response":{"type":"%s","result":{"rows":[[{"type":"integer","value":"%s"}]],"step_errors":[null]}}}`,
		m.RequestID, m.Request.Type, d.value)
}

func (d *dialog) send(messages ...string) {
	d.t.Helper()
	for _, m := range messages {
		if err := d.client.Write(d.t.Context(), websocket.MessageText, []byte(m)); err != nil {
			d.t.Fatal(err)
		}
	}
}

// want reads the messages that the client gets.
func (d *dialog) want(messages ...string) {
	d.t.Helper()
	for _, want := range messages {
		_, got, err := d.client.Read(d.t.Context())
		if err != nil || !strings.Contains(string(got), want) {
			d.t.Fatalf("got %s, %v, want %s", got, err, want)
		}
	}
}

// wantClose reads until the end of the socket.
func (d *dialog) wantClose(code websocket.StatusCode, reason string) {
	d.t.Helper()
	_, message, err := d.client.Read(d.t.Context())
	if err == nil {
		d.t.Fatalf("got %s, want the end", message)
	}
	if websocket.CloseStatus(err) != code || !strings.Contains(err.Error(), reason) {
		d.t.Errorf("the socket ended with %v, want %d %q", err, code, reason)
	}
}

// wantServer reads the messages that the server gets.
func (d *dialog) wantServer(messages ...string) {
	d.t.Helper()
	for _, want := range messages {
		if got := <-d.server; got != want {
			d.t.Fatalf("the server got\n%s, want\n%s", got, want)
		}
	}
}

func hello(credential string) string { return `{"type":"hello","jwt":"` + credential + `"}` }

func request(id int, content string) string {
	return fmt.Sprintf(`{"type":"request","request_id":%d,"request":%s}`, id, content)
}

func execute(id int, sql string) string {
	return request(id, `{"type":"execute","stmt":{"sql":"`+sql+`"},"stream_id":0}`)
}

const openStream = `{"type":"open_stream","stream_id":0}`

// wantLock reads what makes stream 0 read-only.
func (d *dialog) wantLock() {
	d.t.Helper()
	d.wantServer(
		request(math.MinInt32, `{"type":"describe","sql":"PRAGMA query_only=1","stream_id":0}`),
		request(math.MinInt32+1, `{"type":"execute","stmt":{"sql":"SELECT * FROM pragma_query_only","want_rows":true},"stream_id":0}`),
	)
}

// begin says hello and opens stream 0.
func begin(t *testing.T, credential string) *dialog {
	t.Helper()
	d := open(t, "hrana3")
	d.send(hello(credential), request(0, openStream))
	d.want("hello_ok", `"request_id":0`)
	<-d.server // the hello
	d.wantServer(request(0, openStream))
	if credential == "read" {
		d.wantLock()
	}
	return d
}

func (d *dialog) wantCounts(reasons ...refusal.Reason) {
	d.t.Helper()
	for _, want := range reasons {
		if got := <-d.counts; got != want {
			d.t.Errorf("counted %s, want %s", got, want)
		}
	}
}

func TestATokenDoesNotTakeOverWhatAnotherMayAttach(t *testing.T) {
	for next, taken := range map[string]bool{"attach": true, "read": false, "full": false} {
		d := begin(t, "attach")
		d.send(hello(next))
		if taken {
			d.want(`{"type":"hello_ok"}`)
			continue
		}
		d.want(`{"type":"hello_error","error":{"message":"Authentication failed: The token before this one may attach other databases. Open a new connection.","code":"PERMISSION_DENIED"}}`)
		d.wantClose(websocket.StatusNormalClosure, "The token before this one may attach other databases. Open a new connection.")
	}
}
