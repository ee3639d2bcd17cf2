package libsql_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

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

func TestNoAnswerToTheClientIsTakenForThatToTheLock(t *testing.T) {
	d := openAt(t, "1", libsql.Options{}, "hrana3")
	for range cap(d.server) { // so that the server does not answer yet
		d.server <- ""
	}
	d.send(hello("read"), request(math.MinInt32, `{"type":"store_sql","sql_id":1,"sql":"SELECT 1"}`), request(1, openStream), execute(2, "SELECT 2"))
	d.wantCounts(refusal.Allowed, refusal.Allowed)
	for range cap(d.server) {
		<-d.server
	}
	d.want("hello_ok", `"request_id":-2147483648,"response":{"type":"store_sql"`, `"request_id":1,`, `"request_id":2,`)
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
	spelled := "Sec-WebSocket-Protocol" // as sqld spells it, which is not how Go does
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
			w.Header()[spelled] = r.Header["Sec-Websocket-Protocol"]
			w.WriteHeader(http.StatusSwitchingProtocols)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := (<-asked).Header.Get("Sec-Websocket-Protocol"); got != "hrana2" {
			t.Errorf("the server was asked for %q", got)
		}
		if got := w.Header()[spelled]; !slices.Equal(got, protocols) {
			t.Errorf("the client was told %q, and had asked for %q", got, protocols)
		}
	}
}

func TestNoAnswerOfTheGateOvertakesTheHello(t *testing.T) {
	d := open(t, "hrana2")
	for range cap(d.server) { // so that the server does not answer yet
		d.server <- ""
	}
	d.send(hello("read"), request(1, `{"type":"store_sql","sql_id":1,"sql":"DELETE FROM t"}`), request(2, `{"type":"close_cursor","cursor_id":7}`))
	d.wantCounts(refusal.ReadOnlyToken, refusal.Allowed)
	for range cap(d.server) {
		<-d.server
	}
	d.want("hello_ok", `"request_id":1`, `"request_id":2`)
}
