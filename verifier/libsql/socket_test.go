package libsql_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

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
			// What is over the limit is not read to its end, so that writing it may fail.
			_ = d.client.Write(t.Context(), websocket.MessageText, []byte(c.message))
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

func TestATransactionTakesNoLockOverASocket(t *testing.T) {
	d := begin(t, "read")
	for id, content := range []string{
		`{"type":"execute","stmt":{"sql":"%s"},"stream_id":0}`, `{"type":"sequence","sql":"%s","stream_id":0}`, `{"type":"describe","sql":"%s","stream_id":0}`,
		`{"type":"batch","batch":{"steps":[{"stmt":{"sql":"%s"}}]},"stream_id":0}`, `{"type":"store_sql","sql":"%s","sql_id":1}`,
		`{"type":"open_cursor","stream_id":0,"cursor_id":1,"batch":{"steps":[{"stmt":{"sql":"%s"}}]}}`,
	} {
		d.send(request(id, fmt.Sprintf(content, "BEGIN /**/ exclusive")))
		d.want(fmt.Sprintf(`"response_ok","request_id":%d`, id))
		if got := <-d.server; !strings.Contains(got, `"sql":"BEGIN DEFERRED"`) || strings.Contains(got, "exclusive") {
			t.Errorf("%s: the server got %s", content, got)
		}
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

func TestAnATTACHThatIsRefusedDoesNotEndTheSocket(t *testing.T) {
	d := openAt(t, "1", libsql.Options{Untrusted: true}, "hrana3")
	d.send(hello("full"), request(0, openStream))
	d.want("hello_ok", `"request_id":0`)
	d.send(execute(1, "ATTACH [other-db] AS o"))
	d.want(`{"type":"response_error","request_id":1,"error":{"message":"This token may not attach this database.","code":"SQLITE_AUTH"}}`)
	d.send(hello("attaching"), execute(2, "ATTACH [other-db] AS o"))
	d.want("hello_ok", `"response_ok","request_id":2`)
	for range 3 {
		<-d.server // the hellos, and what opens the stream
	}
	d.wantServer(execute(2, "ATTACH [other-db] AS o"))
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
	d.want(`{"type":"response_error","request_id":4,"error":{"message":"DELETE writes`)
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
