package e2e

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/quic-go/quic-go/http3"
	"golang.org/x/net/http2"
)

// secured gives my-db an address over TLS, and lets HTTP/2 carry WebSockets.
func secured(t *testing.T) func(*site) {
	return func(s *site) {
		s.Secure, s.Identity, s.Env = address(t), newIdentity(t), []string{"GODEBUG=http2xconnect=1"}
	}
}

// extended opens WebSockets by extended CONNECT, as browsers do over HTTP/2 (RFC
// 8441) and HTTP/3 (RFC 9220), for a client that knows the upgrade of HTTP/1.1.
type extended struct {
	transport http.RoundTripper
	announce  func(*http.Request) // names the protocol that is wanted
	proto     string              // of the last answer
}

// connectors are the two ways of extended CONNECT.
func (h *house) connectors(t *testing.T) map[string]*extended {
	//lint:ignore SA1019 that of net/http refuses the pseudo-header :protocol
	overTCP := &http2.Transport{TLSClientConfig: h.Identity.trusting}
	overQUIC := &http3.Transport{TLSClientConfig: http3.ConfigureTLSConfig(h.Identity.trusting)}
	t.Cleanup(func() { _ = overQUIC.Close() })
	return map[string]*extended{
		"HTTP/2.0": {transport: overTCP, announce: func(r *http.Request) { r.Header[":protocol"] = []string{"websocket"} }},
		"HTTP/3.0": {transport: overQUIC, announce: func(r *http.Request) { r.Proto = "websocket" }},
	}
}

// RoundTrip implements [http.RoundTripper].
func (e *extended) RoundTrip(upgrade *http.Request) (*http.Response, error) {
	body, frames := io.Pipe()
	connect := upgrade.Clone(upgrade.Context())
	connect.Method, connect.Body, connect.ContentLength = http.MethodConnect, body, -1
	key := connect.Header.Get("Sec-WebSocket-Key")
	for _, name := range []string{"Connection", "Upgrade", "Sec-WebSocket-Key"} {
		connect.Header.Del(name)
	}
	e.announce(connect)
	response, err := e.transport.RoundTrip(connect)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	e.proto = response.Proto
	digest := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	response.StatusCode = http.StatusSwitchingProtocols
	response.Header.Set("Connection", "Upgrade")
	response.Header.Set("Upgrade", "websocket")
	response.Header.Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(digest[:]))
	response.Body = struct {
		io.ReadCloser
		io.Writer
	}{response.Body, frames}
	return response, nil
}

// talk is a WebSocket on which one stream is open.
type talk struct {
	t    *testing.T
	conn *websocket.Conn
}

// talkOver opens a WebSocket over TLS and says hello.
func (h *house) talkOver(t *testing.T, e *extended, token string) talk {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "wss://"+h.Secure, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: e}, Subprotocols: []string{"hrana3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	k := talk{t, conn}
	for _, message := range []object{
		{"type": "hello", "jwt": token},
		{"type": "request", "request_id": 1, "request": object{"type": "open_stream", "stream_id": 1}},
	} {
		if reply := exchange(t.Context(), t, conn, marshal(t, message)); !strings.Contains(reply, "_ok") {
			t.Fatalf("%v gives %s", message["type"], reply)
		}
	}
	return k
}

// run runs a statement and gives the answer.
func (k talk) run(sql string) string {
	k.t.Helper()
	return exchange(k.t.Context(), k.t, k.conn, marshal(k.t, object{
		"type": "request", "request_id": 2, "request": object{"type": "execute", "stream_id": 1, "stmt": stmt(sql)},
	}))
}

// wantEnd reads until the server ends the socket.
func (k talk) wantEnd(reason string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), startUp)
	defer cancel()
	_, message, err := k.conn.Read(ctx)
	if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || !strings.Contains(err.Error(), reason) {
		k.t.Errorf("read %q, %v, want the end because %s", message, err, reason)
	}
}

func TestAWebSocketByExtendedConnect(t *testing.T) {
	h := startHouse(t, secured(t))
	full := h.furnish(t, "my-db")
	for proto, connector := range h.connectors(t) {
		t.Run(proto, func(t *testing.T) {
			token := h.mint(t, myDB, "authorization=read-only", "")
			k := h.talkOver(t, connector, token.JWT)
			if connector.proto != proto {
				t.Errorf("the answer came over %s", connector.proto)
			}
			for range 2 { // a refusal leaves the socket alive
				if reply := k.run("SELECT name FROM users"); !strings.Contains(reply, "Ada of my-db") {
					t.Errorf("a SELECT gives %s", reply)
				}
				if reply := k.run("DELETE FROM users"); !strings.Contains(reply, "response_error") || !strings.Contains(reply, "SQLITE_READONLY") {
					t.Errorf("a DELETE gives %s", reply)
				}
			}
			if reply := h.talkOver(t, connector, full).run("UPDATE users SET name = name"); !strings.Contains(reply, "response_ok") {
				t.Errorf("an UPDATE with full access gives %s", reply)
			}
			h.mustRevoke(t, myDB, token.ID)
			revoked := time.Now()
			k.wantEnd("token revoked")
			wantPrompt(t, "the end of the socket", time.Since(revoked))
		})
	}
	if n := h.users(t, "my-db", full); n != "2" {
		t.Errorf("%v users", n)
	}
}

// A body over HTTP/2 and HTTP/3 must go on within Caddy's idle time, which does
// not hold for an upgrade of HTTP/1.1, and should not for these.
func TestAQuietWebSocketByExtendedConnectLivesAsLongAsItsToken(t *testing.T) {
	h := startHouse(t, secured(t), func(s *site) { s.Idle = "1s" })
	h.furnish(t, "my-db")
	for proto, connector := range h.connectors(t) {
		t.Run(proto, func(t *testing.T) {
			token := h.mint(t, myDB, "expiration=6s", "")
			h.talkOver(t, connector, token.JWT).wantEnd("token expired")
		})
	}
}

func TestExtendedConnectNeedsATokenInTheHello(t *testing.T) {
	h := startHouse(t, secured(t))
	for proto, connector := range h.connectors(t) {
		conn, _, err := websocket.Dial(t.Context(), "wss://"+h.Secure, &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: connector}, Subprotocols: []string{"hrana3"},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		var reply struct{ Type, Message string }
		text := exchange(t.Context(), t, conn, `{"type":"hello","jwt":"eyJhbGciOiJub25lIn0.e30."}`)
		if err := json.Unmarshal([]byte(text), &reply); err != nil || reply.Type != "hello_error" {
			t.Errorf("%s: a forged token gives %s", proto, text)
		}
	}
}

// Go's server does not offer it over HTTP/2 unless its environment says so, and
// clients use HTTP/1.1 then.
func TestExtendedConnectOverHTTP2IsOfferedWhereTheEnvironmentSaysSo(t *testing.T) {
	h := startHouse(t, secured(t), func(s *site) { s.Env = nil })
	h.furnish(t, "my-db")
	connectors := h.connectors(t)
	_, _, err := websocket.Dial(t.Context(), "wss://"+h.Secure, &websocket.DialOptions{HTTPClient: &http.Client{Transport: connectors["HTTP/2.0"]}})
	if err == nil || !strings.Contains(err.Error(), "extended connect not supported") {
		t.Errorf("over HTTP/2: %v", err)
	}
	token := h.mint(t, myDB, "", "").JWT
	h.talkOver(t, connectors["HTTP/3.0"], token).run("SELECT 1")
	upgrade := &http.Client{Transport: &http.Transport{TLSClientConfig: h.Identity.trusting}}
	conn, _, err := websocket.Dial(t.Context(), "wss://"+h.Secure, &websocket.DialOptions{HTTPClient: upgrade, Subprotocols: []string{"hrana2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if reply := exchange(t.Context(), t, conn, marshal(t, object{"type": "hello", "jwt": token})); !strings.Contains(reply, "hello_ok") {
		t.Errorf("over HTTP/1.1: %s", reply)
	}
}
