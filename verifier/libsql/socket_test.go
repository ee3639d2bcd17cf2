package libsql_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
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
	d := &dialog{t: t, tokens: new(strict), server: make(chan string, 100), counts: make(chan refusal.Reason, 100), value: value}
	s := newSite(t)
	s.answer = d.serve
	o.Authenticator, o.MaxBody, o.MaxSteps, o.Observe = d.tokens, 1<<20, 100, func(r refusal.Reason) { d.counts <- r }
	s.gate = newGate(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	client, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.server.URL, "http"), &websocket.DialOptions{Subprotocols: protocols})
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
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"hrana3", "hrana2", "hrana1"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	for {
		_, message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		d.server <- string(message)
		if err := conn.Write(r.Context(), websocket.MessageText, []byte(d.yes(message))); err != nil {
			return
		}
	}
}

func (d *dialog) yes(message []byte) string {
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
		return `{"type":"hello_ok"}`
	}
	return fmt.Sprintf(`{"type":"response_ok","request_id":%d,"response":{"type":"%s","result":{"rows":[[{"type":"integer","value":"%s"}]],"step_errors":[null]}}}`,
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

func TestTheTokenOfAHelloNeverReachesTheServer(t *testing.T) {
	for credential, permission := range map[string]string{"full": "rw", "read": "ro"} {
		d := open(t, "hrana2", "hrana1")
		d.send(hello(credential))
		d.want("hello_ok")
		var got struct{ Type, JWT string }
		if err := json.Unmarshal([]byte(<-d.server), &got); err != nil {
			t.Fatal(err)
		}
		payload, _ := base64.RawURLEncoding.DecodeString(got.JWT)
		if !strings.HasPrefix(string(payload), `{"p":{"`+permission+`":{"ns":["my-db"]}}`) {
			t.Errorf("%s became %s", credential, payload)
		}
		h := d.asked.Header
		namespace := base64.RawStdEncoding.EncodeToString([]byte("my-db"))
		if h.Get("Authorization") != "" || h.Get("X-Namespace-Bin") != namespace || d.asked.Host != "my-db.localhost" ||
			h.Get("Sec-Websocket-Extensions") != "" || h.Get("Sec-Websocket-Protocol") != "hrana2" {
			t.Errorf("the server was asked %s %v", d.asked.Host, h)
		}
	}
}

func TestAHelloThatIsRefusedEndsTheSocket(t *testing.T) {
	for credential, want := range map[string]struct {
		code   refusal.Code
		reason refusal.Reason
	}{
		"forged":    {refusal.AuthInvalid, refusal.BadSignature},
		"":          {refusal.AuthHeaderMissing, refusal.Missing},
		"other":     {refusal.PermissionDenied, refusal.Unreachable},
		"stranger":  {refusal.PermissionDenied, refusal.Unreachable},
		"developer": {refusal.PermissionDenied, refusal.Unreachable},
	} {
		t.Run(credential, func(t *testing.T) {
			d := open(t, "hrana2")
			d.send(hello(credential), request(1, openStream))
			d.want(`{"type":"hello_error","error":{"message":"Authentication failed: `)
			d.wantClose(websocket.StatusNormalClosure, "")
			d.wantCounts(want.reason)
			if len(d.server) > 0 {
				t.Errorf("the server got %s", <-d.server)
			}
		})
	}
}

func TestStrangersAreNotHeard(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		code    websocket.StatusCode
		reason  string
	}{
		"a request before the hello": {request(1, openStream), websocket.StatusPolicyViolation, "Received a request before hello message"},
		"a hello over the limit":     {hello(strings.Repeat("a", token.MaxJWTLength+2048)), websocket.StatusMessageTooBig, "too large"},
		"no JSON":                    {"hello", websocket.StatusInvalidFramePayloadData, "not strict JSON"},
		"an array as a hello":        {`["hello","full"]`, websocket.StatusInvalidFramePayloadData, "unexpected JSON"},
		"two hellos in one":          {`{"type":"hello","jwt":"full","jwt":"read"}`, websocket.StatusInvalidFramePayloadData, "not strict JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, "hrana2")
			d.send(c.message)
			d.wantClose(c.code, c.reason)
			if len(d.server) > 0 {
				t.Errorf("the server got %s", <-d.server)
			}
		})
	}
}

func TestFullAccessPassesAsItIs(t *testing.T) {
	d := begin(t, "full")
	drop := `{"stream_id":0, "type":"execute","stmt":{"sql":"DROP TABLE t"},"later":1}`
	d.send(request(1, drop), `{"request":{"type":"new"},"request_id":2,"type":"request","jwt":"mine"}`)
	d.wantServer(request(1, drop), request(2, `{"type":"new"}`))
	d.wantCounts(refusal.Allowed, refusal.Allowed, refusal.Allowed)
}

func TestAReadOnlyTokenIsRefusedInOrderAndTheSocketLives(t *testing.T) {
	d := begin(t, "read")
	d.send(
		execute(1, "SELECT 1"), execute(2, "DELETE FROM t"), execute(3, " SELECT 3;"),
		request(4, `{"type":"batch","stream_id":0,"batch":{"steps":[{"stmt":{"sql":"SELECT 4"}},{"condition":{"type":"error","step":0},"stmt":{"sql":"DROP TABLE t"}}]}}`),
		request(5, `{"type":"open_cursor","stream_id":0,"cursor_id":0,"batch":{"steps":[{"stmt":{"sql":"INSERT INTO t VALUES(1)"}}]}}`),
		request(6, `{"type":"fetch_cursor","cursor_id":0,"max_count":1}`), request(7, `{"type":"close_cursor","cursor_id":0}`),
		request(8, `{"type":"describe","stream_id":0,"sql":"PRAGMA user_version = 1"}`),
		request(9, `{"type":"sequence","stream_id":0,"sql":"SELECT 1; VACUUM"}`),
		execute(10, "SELECT 10"),
	)
	answers := map[string]string{}
	order := []string{}
	for range 10 {
		_, message, err := d.client.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Type      string
			RequestID int `json:"request_id"`
			Error     struct{ Code string }
		}
		if err := json.Unmarshal(message, &m); err != nil {
			t.Fatal(err)
		}
		id := strconv.Itoa(m.RequestID)
		answers[id] = m.Type + m.Error.Code
		if m.RequestID != 6 && m.RequestID != 7 { // of no stream
			order = append(order, id)
		}
	}
	if got := strings.Join(order, " "); got != "1 2 3 4 5 8 9 10" {
		t.Errorf("answered in the order %s", got)
	}
	for id, want := range map[string]string{
		"1": "response_ok", "2": "response_errorSQLITE_READONLY", "3": "response_ok", "4": "response_errorSQLITE_READONLY",
		"5": "response_errorSQLITE_READONLY", "6": "response_errorBAD_REQUEST", "7": "response_ok", "9": "response_errorSQLITE_READONLY", "10": "response_ok",
	} {
		if answers[id] != want {
			t.Errorf("request %s was answered %s, want %s", id, answers[id], want)
		}
	}
	d.wantServer(
		`{"type":"request","request_id":1,"request":{"type":"execute","stmt":{"sql":"SELECT 1"},"stream_id":0}}`,
		`{"type":"request","request_id":3,"request":{"type":"execute","stmt":{"sql":"SELECT 3"},"stream_id":0}}`,
		`{"type":"request","request_id":10,"request":{"type":"execute","stmt":{"sql":"SELECT 10"},"stream_id":0}}`,
	)
}

func TestAFragmentedStatementIsJudgedWhole(t *testing.T) {
	d := begin(t, "read")
	w, err := d.client.Writer(t.Context(), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for piece := range strings.SplitAfterSeq(execute(1, "SELECT 1; DROP TABLE t"), " ") {
		if _, err := w.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d.want("response_error")
	if len(d.server) > 0 {
		t.Errorf("the server got %s", <-d.server)
	}
}

func TestASequenceGoesOnStatementByStatement(t *testing.T) {
	d := begin(t, "read")
	d.send(request(1, `{"type":"sequence","stream_id":0,"sql":"SELECT 1; SELECT 2"}`))
	d.want(`{"type":"response_ok","request_id":1,"response":{"type":"sequence"}}`)
	if got := <-d.server; !strings.Contains(got, `"type":"batch"`) || strings.Contains(got, ";") {
		t.Errorf("the server got %s", got)
	}
}

func TestStoredTextsAreJudgedForTheWholeSocket(t *testing.T) {
	d := begin(t, "read")
	use := func(id, text int) string {
		return request(id, fmt.Sprintf(`{"type":"execute","stmt":{"sql_id":%d},"stream_id":0}`, text))
	}
	d.send(request(1, `{"type":"store_sql","sql_id":1,"sql":"SELECT 1"}`), request(2, `{"type":"store_sql","sql_id":2,"sql":"DELETE FROM t"}`))
	d.want(`"type":"store_sql"`, `"type":"store_sql"`)
	d.send(use(3, 1))
	d.want(`{"type":"response_ok","request_id":3`)
	d.send(use(4, 2))
	d.want(`{"type":"response_error","request_id":4,"error":{"message":"statement 1: DELETE writes`)
	d.send(use(5, 3))
	d.want(`{"type":"response_error","request_id":5,"error":{"message":"There is no such stored text under this token."`)
	d.send(request(6, `{"type":"close_sql","sql_id":1}`))
	d.want("close_sql")
	d.send(use(7, 1))
	d.want(`{"type":"response_error","request_id":7`)
}

func TestAnotherHelloHoldsFromTheNextRequest(t *testing.T) {
	d := begin(t, "full")
	d.send(
		request(1, `{"type":"store_sql","sql_id":1,"sql":"DELETE FROM t"}`), execute(2, "DELETE FROM t"),
	)
	d.want(`"request_id":1`, `"request_id":2`)
	d.send(hello("read"), execute(3, "DELETE FROM t"))
	for range 2 {
		_, message, err := d.client.Read(t.Context())
		if err != nil || !strings.Contains(string(message), "hello_ok") && !strings.Contains(string(message), `response_error","request_id":3`) {
			t.Errorf("got %s, %v", message, err)
		}
	}
	d.send(request(4, openStream), request(5, `{"type":"execute","stmt":{"sql_id":1},"stream_id":0}`), execute(6, "DELETE FROM t"), execute(7, "SELECT 1"))
	d.want(`response_ok","request_id":4`, `response_error","request_id":5`, `response_error","request_id":6`, `response_ok","request_id":7`)
	d.send(hello("full"), execute(8, "DELETE FROM t"))
	d.want("hello_ok", `response_ok","request_id":8`)
	d.send(hello("read"), execute(9, "SELECT 1"))
	if _, message, err := d.client.Read(t.Context()); err != nil || !strings.Contains(string(message), "hello_ok") && !strings.Contains(string(message), `no such stream`) {
		t.Errorf("a stream of another access: got %s, %v", message, err)
	}
}

func TestMessagesThatCouldBeReadInTwoWaysEndTheSocket(t *testing.T) {
	for name, message := range map[string]string{
		"an array as a request": `["request",1,["execute",0,["DELETE FROM t"],null]]`,
		"a statement twice":     request(1, `{"type":"execute","stream_id":0,"stmt":{"sql":"SELECT 1"},"stmt":{"sql":"DELETE FROM t"}}`),
		"an unknown request":    request(1, `{"type":"new_request","stream_id":0}`),
		"a statement as a list": request(1, `{"type":"execute","stream_id":0,"stmt":["DELETE FROM t"]}`),
		"the wrong case":        request(1, `{"type":"execute","stream_id":0,"STMT":{"sql":"DELETE FROM t"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			d := begin(t, "read")
			d.send(message)
			d.wantClose(websocket.StatusInvalidFramePayloadData, "not understood")
			if len(d.server) > 0 {
				t.Errorf("the server got %s", <-d.server)
			}
		})
	}
	d := begin(t, "read")
	steps := strings.TrimSuffix(strings.Repeat(`{"stmt":{"sql":"SELECT 1"}},`, 101), ",")
	d.send(request(1, `{"type":"batch","stream_id":0,"batch":{"steps":[`+steps+`]}}`))
	d.wantClose(websocket.StatusMessageTooBig, "too many statements")
}

func TestATokenThatIsTakenBackEndsItsSocket(t *testing.T) {
	for _, c := range []struct {
		refused refusal.Refusal
		code    websocket.StatusCode
		reason  string
	}{
		{refusal.Refusal{Reason: refusal.Expired}, websocket.StatusPolicyViolation, "token expired"},
		{refusal.Refusal{Reason: refusal.Revoked}, websocket.StatusPolicyViolation, "token revoked"},
		{refusal.Refusal{Reason: refusal.Rotated}, websocket.StatusPolicyViolation, "token revoked by rotation"},
		{refusal.Refusal{Reason: refusal.Stale, Message: "Try again.", RetryAfter: time.Second}, websocket.StatusTryAgainLater, "Try again."},
	} {
		t.Run(string(c.refused.Reason), func(t *testing.T) {
			d := begin(t, "full")
			d.wantCounts(refusal.Allowed)
			d.tokens.retired.Store(&c.refused)
			d.wantClose(c.code, c.reason)
			d.wantCounts(c.refused.Reason)
		})
		t.Run(string(c.refused.Reason)+" before the next request", func(t *testing.T) {
			d := begin(t, "read")
			d.tokens.retired.Store(&c.refused)
			d.send(execute(1, "SELECT 1"))
			d.wantClose(c.code, c.reason)
			if len(d.server) > 0 {
				t.Errorf("the server got %s", <-d.server)
			}
		})
	}
}

func TestUpgradesThatAreNotOursAreRefused(t *testing.T) {
	const (
		upgrade = "Upgrade: websocket"
		key     = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
		version = "Sec-WebSocket-Version: 13"
	)
	for name, c := range map[string]struct {
		line    string
		headers []string
		status  int
	}{
		"a token beside the hello's":    {"GET /", []string{upgrade, "Connection: upgrade", key, version, "Authorization: Bearer full"}, 400},
		"no key":                        {"GET /", []string{upgrade, "Connection: upgrade", version}, 400},
		"a short key":                   {"GET /", []string{upgrade, "Connection: upgrade", "Sec-WebSocket-Key: dGhl", version}, 400},
		"two keys":                      {"GET /", []string{upgrade, "Connection: upgrade", key, key, version}, 400},
		"another version":               {"GET /", []string{upgrade, "Connection: upgrade", key, "Sec-WebSocket-Version: 8"}, 400},
		"no connection header":          {"GET /", []string{upgrade, key, version}, 400},
		"two upgrades":                  {"GET /", []string{"Upgrade: websocket, h2c", "Upgrade: h2c", "Connection: upgrade", key, version}, 400},
		"only unknown sub-protocols":    {"GET /", []string{upgrade, "Connection: upgrade", key, version, "Sec-WebSocket-Protocol: chat"}, 400},
		"a body":                        {"GET /", []string{upgrade, "Connection: upgrade", key, version, "Transfer-Encoding: chunked"}, 400},
		"another path":                  {"GET /v2/pipeline", []string{upgrade, "Connection: upgrade", key, version}, 401},
		"an escaped path":               {"GET /%2f", []string{upgrade, "Connection: upgrade", key, version}, 401},
		"h2c":                           {"GET /", []string{"Upgrade: h2c", "Connection: upgrade", "HTTP2-Settings: AAA"}, 401},
		"a CONNECT that is no extended": {"CONNECT /", []string{upgrade, "Connection: upgrade", key, version}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.gate = newGate(t, libsql.Options{Authenticator: new(strict)})
			response, body := s.send(c.line, "", "", c.headers...)
			if response.StatusCode != c.status {
				t.Errorf("got %d %s", response.StatusCode, body)
			}
			if len(s.requests()) > 0 {
				t.Errorf("the server got %v", s.requests())
			}
		})
	}
}

func TestAStreamThatTheServerDoesNotLockEndsTheSocket(t *testing.T) {
	d := openAt(t, "0", libsql.Options{}, "hrana3")
	d.send(hello("read"), request(0, openStream), execute(1, "SELECT 1"))
	d.want("hello_ok", `"request_id":0`)
	d.wantClose(websocket.StatusInternalError, "READ_ONLY_UNENFORCED")
	<-d.server // the hello
	d.wantServer(request(0, openStream))
	d.wantLock()
	if len(d.server) > 0 {
		t.Errorf("the server got %s before it was known to lock streams", <-d.server)
	}
}

func TestAServerThatDoesNotLockStreamsMayBeAllowed(t *testing.T) {
	d := openAt(t, "0", libsql.Options{AllowUnlocked: true}, "hrana3")
	d.send(hello("read"), request(0, openStream), execute(1, "SELECT 1"))
	d.want("hello_ok", `"request_id":0`, `"request_id":1`)
}

func TestALockedStreamHidesTheLocksAnswers(t *testing.T) {
	d := begin(t, "read")
	d.send(request(1, `{"type":"open_stream","stream_id":1}`), request(2, `{"type":"execute","stmt":{"sql":"SELECT 1"},"stream_id":1}`))
	d.want(`"request_id":1`, `"request_id":2`)
}

func TestTheOldestSubprotocolIsServedByItsSuperset(t *testing.T) {
	for _, protocols := range [][]string{{"hrana1"}, nil} {
		asked := make(chan *http.Request, 1)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		for name, value := range map[string]string{
			"Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			r.Header.Set(name, value)
		}
		if protocols != nil {
			r.Header["Sec-Websocket-Protocol"] = protocols
		}
		w := httptest.NewRecorder()
		gate := newGate(t, libsql.Options{})
		if _, err := gate.Handle(w, r, "my-db", func(w http.ResponseWriter, r *http.Request, _ *token.Grant) error {
			asked <- r
			w.Header()["Sec-WebSocket-Protocol"] = r.Header["Sec-Websocket-Protocol"]
			w.WriteHeader(http.StatusSwitchingProtocols)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := (<-asked).Header.Get("Sec-Websocket-Protocol"); got != "hrana2" {
			t.Errorf("the server was asked for %q", got)
		}
		if got := w.Header()["Sec-WebSocket-Protocol"]; !slices.Equal(got, protocols) {
			t.Errorf("the client was told %q, and had asked for %q", got, protocols)
		}
	}
}
