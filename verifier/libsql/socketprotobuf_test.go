package libsql_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// encoding is how a client speaks over WebSocket.
type encoding struct {
	protocol string
	codec    hrana.SocketCodec
	kind     websocket.MessageType
	read     func(t *testing.T, message []byte) reply
}

// reply is the server's or the gate's answer to a request or a hello.
type reply struct {
	Hello         bool
	RequestID     int32
	Code, Message string // of a refusal
}

var encodings = map[string]encoding{
	"JSON":     {"hrana3", inJSON, websocket.MessageText, readJSON},
	"protobuf": {"hrana3-protobuf", protobuf, websocket.MessageBinary, readProtobuf},
}

func readJSON(t *testing.T, message []byte) reply {
	t.Helper()
	var m struct {
		Type      string
		RequestID int32 `json:"request_id"`
		Error     hrana.Error
	}
	if err := json.Unmarshal(message, &m); err != nil {
		t.Fatal(err)
	}
	return reply{strings.HasPrefix(m.Type, "hello"), m.RequestID, m.Error.Code, m.Error.Message}
}

func readProtobuf(t *testing.T, message []byte) reply {
	t.Helper()
	outer := fields(t, message)
	for number, content := range outer {
		inner := fields(t, content)
		switch number {
		case 1:
			return reply{Hello: true}
		case 2:
			e := fields(t, inner[1])
			return reply{Hello: true, Code: string(e[2]), Message: string(e[1])}
		case 3, 4:
			id, _ := protowire.ConsumeVarint(inner[1])
			e := map[protowire.Number][]byte{}
			if number == 4 {
				e = fields(t, inner[2])
			}
			return reply{RequestID: int32(id), Code: string(e[2]), Message: string(e[1])}
		}
	}
	t.Fatalf("%q is no answer", message)
	return reply{}
}

// fields are the fields of a message, each by what stands behind its tag and length.
func fields(t *testing.T, message []byte) map[protowire.Number][]byte {
	t.Helper()
	all := map[protowire.Number][]byte{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		size := protowire.ConsumeFieldValue(number, kind, message[max(n, 0):])
		if n < 0 || size < 0 {
			t.Fatalf("%q is no message", message)
		}
		value := message[n : n+size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		all[number], message = value, message[n+size:]
	}
	return all
}

// yesInProtobuf answers a message as sqld does when all goes well; every
// statement gives a 1.
func yesInProtobuf(message []byte) []byte {
	envelope, err := protobuf.DecodeEnvelope(message)
	if err != nil {
		panic(err)
	}
	if envelope.Hello != nil {
		return []byte("\x0a\x00")
	}
	number, _, _ := protowire.ConsumeTag(envelope.Request)
	results := map[protowire.Number]string{4: "\x0a\x06\x12\x04\x0a\x02\x10\x02", 5: "\x0a\x00"}
	answer := protowire.AppendVarint([]byte("\x08"), uint64(envelope.RequestID))
	if envelope.RequestID == 0 { // as sqld's writer leaves it out
		answer = nil
	}
	answer = protowire.AppendString(protowire.AppendTag(answer, number, protowire.BytesType), results[number])
	return protowire.AppendBytes([]byte("\x1a"), answer)
}

// tell sends a message and reads the next.
func (d *dialog) tell(e encoding, message []byte) reply {
	d.t.Helper()
	if err := d.client.Write(d.t.Context(), e.kind, message); err != nil {
		d.t.Fatal(err)
	}
	kind, answer, err := d.client.Read(d.t.Context())
	if err != nil || kind != e.kind {
		d.t.Fatalf("got %s %q, %v", kind, answer, err)
	}
	return e.read(d.t, answer)
}

func (d *dialog) ask(e encoding, id int32, r hrana.SocketRequest) reply {
	d.t.Helper()
	message, err := e.codec.EncodeSocketRequest(id, r)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.tell(e, message)
}

// heard are the requests that the server has got, as models.
func (d *dialog) heard(e encoding) (requests []hrana.SocketRequest) {
	d.t.Helper()
	for range len(d.server) {
		envelope, err := e.codec.DecodeEnvelope([]byte(<-d.server))
		if err != nil {
			d.t.Fatal(err)
		}
		if envelope.Hello != nil {
			continue
		}
		request, err := e.codec.DecodeSocketRequest(envelope.Request)
		if err != nil {
			d.t.Fatal(err)
		}
		requests = append(requests, request)
	}
	return requests
}

func on(r hrana.Request) hrana.SocketRequest { return hrana.OnStream{Stream: 1, Request: r} }

// ways are all requests that bring a text to the server over WebSocket.
func ways(sql string) []hrana.SocketRequest {
	text, stored := hrana.Text{SQL: sql}, hrana.Text{Stored: new(int32(5))}
	batch := hrana.Batch{Steps: []hrana.Step{
		{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "select 1"}}},
		{Condition: &hrana.Condition{Kind: hrana.Or, Of: []hrana.Condition{}}, Stmt: hrana.Stmt{Text: text}},
	}}
	return []hrana.SocketRequest{
		on(hrana.Execute{Stmt: hrana.Stmt{Text: text, Args: []hrana.Value{int64(1), "x", nil}}}), on(hrana.RunBatch{Batch: batch}),
		on(hrana.Sequence{Text: text}), on(hrana.Describe{Text: text}),
		hrana.OpenCursor{Stream: 1, Cursor: 7, Batch: batch},
		hrana.StoreSQL{ID: 5, SQL: sql},
		on(hrana.Execute{Stmt: hrana.Stmt{Text: stored}}), on(hrana.Sequence{Text: stored}),
		on(hrana.Describe{Text: stored}),
		hrana.CloseSQL{ID: 5},
		hrana.FetchCursor{Cursor: 7, MaxCount: 2},
		hrana.CloseCursor{Cursor: 7},
	}
}

// heardOut is all that came of a dialog.
type heardOut struct {
	answers []reply
	server  []hrana.SocketRequest
	reasons []refusal.Reason
}

// attempt sends each text in every way.
func (d *dialog) attempt(e encoding, texts []string) (h heardOut) {
	d.t.Helper()
	id := int32(math.MinInt32)
	for _, sql := range texts {
		for _, request := range ways(sql) {
			h.answers = append(h.answers, d.ask(e, id, request))
			id++
		}
	}
	h.server = d.heard(e)
	for range len(d.counts) {
		h.reasons = append(h.reasons, <-d.counts)
	}
	return h
}

func TestBothEncodingsAreJudgedAlike(t *testing.T) {
	reads := []string{"select 1", " /* x */ SELECT ?, ? ; ", "select 1; select 2", "PRAGMA table_info(t)", "PRAGMA foreign_key_list(t)", "begin", "commit", "", "-- nothing"}
	for credential, untrusted := range map[string]bool{"read": false, "full": true} {
		for what, texts := range map[string][]string{"reads": reads, "forbidden": forbidden, "beyond": beyond} {
			outcomes := map[string]heardOut{}
			for name, e := range encodings {
				d := openAt(t, "1", libsql.Options{Untrusted: untrusted}, e.protocol)
				d.tell(e, e.codec.EncodeHello(hrana.Hello{JWT: credential}))
				d.ask(e, 0, hrana.OpenStream{Stream: 1})
				d.ask(e, 1, on(hrana.GetAutocommit{})) // behind the lock
				d.heard(e)
				outcomes[name] = d.attempt(e, texts)
				if what == "beyond" || credential == "read" && what == "forbidden" {
					wantNothingRun(t, name, outcomes[name].server)
				}
				wantDenials(t, credential+", "+what+", "+name, outcomes[name].reasons, what != "reads", credential == "read")
			}
			inJSON, inProtobuf := outcomes["JSON"], outcomes["protobuf"]
			for i, got := range inProtobuf.answers {
				if want := inJSON.answers[i]; got != want {
					t.Errorf("%s, %s: answer %d is %+v, in JSON %+v", credential, what, i, got, want)
				}
			}
			if !reflect.DeepEqual(inProtobuf.server, inJSON.server) || !slices.Equal(inProtobuf.reasons, inJSON.reasons) {
				t.Errorf("%s, %s: the server got %d requests, in JSON %d", credential, what, len(inProtobuf.server), len(inJSON.server))
			}
		}
	}
}

// wantDenials wants denials, or none, to be counted under the reason of the token's
// access, and none under the other's.
func wantDenials(t *testing.T, name string, counted []refusal.Reason, denies, readOnly bool) {
	t.Helper()
	want, other := refusal.BeyondDatabase, refusal.ReadOnlyToken
	if readOnly {
		want, other = other, want
	}
	if slices.Contains(counted, want) != denies || slices.Contains(counted, other) {
		t.Errorf("%s: want %s, if any: counted %v", name, want, counted)
	}
}

// wantNothingRun wants the server to have got no SQL.
func wantNothingRun(t *testing.T, name string, server []hrana.SocketRequest) {
	t.Helper()
	for _, got := range server {
		if _, closes := got.(hrana.CloseSQL); !closes {
			t.Errorf("%s: the server got %+v", name, got)
		}
	}
}

func TestAHelloThatIsRefusedIsAnsweredInProtobuf(t *testing.T) {
	e := encodings["protobuf"]
	for credential, code := range map[string]refusal.Code{
		"forged": refusal.AuthInvalid, "": refusal.AuthHeaderMissing, "other": refusal.PermissionDenied,
	} {
		d := open(t, e.protocol)
		if got := d.tell(e, e.codec.EncodeHello(hrana.Hello{JWT: credential})); !got.Hello || got.Code != string(code) {
			t.Errorf("%q: got %+v", credential, got)
		}
		d.wantClose(websocket.StatusNormalClosure, "")
		if len(d.server) > 0 {
			t.Errorf("the server got %q", <-d.server)
		}
	}
}

func TestMessagesThatAreNotUnderstoodEndASocket(t *testing.T) {
	for name, c := range map[string]struct {
		encoding string
		kind     websocket.MessageType
		message  string
		code     websocket.StatusCode
	}{
		"text in protobuf":                    {"protobuf", websocket.MessageText, "\x0a\x06\x0a\x04full", websocket.StatusUnsupportedData},
		"a binary message in JSON":            {"JSON", websocket.MessageBinary, hello("full"), websocket.StatusUnsupportedData},
		"JSON in a binary message":            {"protobuf", websocket.MessageBinary, hello("full"), websocket.StatusInvalidFramePayloadData},
		"two hellos in one":                   {"protobuf", websocket.MessageBinary, "\x0a\x06\x0a\x04full\x0a\x06\x0a\x04read", websocket.StatusInvalidFramePayloadData},
		"a request before the hello":          {"protobuf", websocket.MessageBinary, "\x12\x02\x12\x00", websocket.StatusPolicyViolation},
		"an empty message":                    {"protobuf", websocket.MessageBinary, "", websocket.StatusInvalidFramePayloadData},
		"a hello over the limit, in protobuf": {"protobuf", websocket.MessageBinary, strings.Repeat("\x0a\x06\x0a\x04full", 4096), websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, encodings[c.encoding].protocol)
			// What is over the limit is not read to its end, so that writing it may fail.
			_ = d.client.Write(t.Context(), c.kind, []byte(c.message))
			d.wantClose(c.code, "")
			if len(d.server) > 0 {
				t.Errorf("the server got %q", <-d.server)
			}
		})
	}
}

func TestAHelloThatLowersTheAccessHoldsFromTheNextRequest(t *testing.T) {
	insert := on(hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "insert into t values (1)"}}})
	for name, e := range encodings {
		d := openAt(t, "1", libsql.Options{}, e.protocol)
		hello := func(credential string) { d.tell(e, e.codec.EncodeHello(hrana.Hello{JWT: credential})) }
		hello("full")
		for i, request := range []hrana.SocketRequest{hrana.OpenStream{Stream: 1}, insert, hrana.StoreSQL{ID: 5, SQL: "insert into t values (2)"}} {
			if got := d.ask(e, int32(i), request); got.Code != "" {
				t.Errorf("%s: full access: %+v", name, got)
			}
		}
		hello("read")
		d.heard(e)
		for i, request := range []hrana.SocketRequest{insert, hrana.CloseStream{Stream: 1}, on(hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{Stored: new(int32(5))}}})} {
			if got := d.ask(e, int32(i), request); got.Code == "" {
				t.Errorf("%s: what full access began is used read-only: %+v", name, request)
			}
		}
		if got := d.heard(e); len(got) > 0 {
			t.Errorf("%s: the server got %+v", name, got)
		}
		hello("full")
		if got := d.ask(e, 9, insert); got.Code != "" {
			t.Errorf("%s: full access again: %+v", name, got)
		}
	}
}

func TestTheServersPreferenceDecidesTheSubprotocol(t *testing.T) {
	for _, c := range []struct {
		offered []string
		chosen  string
	}{
		{[]string{"hrana1", "hrana2", "hrana3", "hrana3-protobuf"}, "hrana3-protobuf"},
		{[]string{"hrana1", "hrana3"}, "hrana3"},
		{[]string{"chat", "hrana3-protobuf"}, "hrana3-protobuf"},
	} {
		d := open(t, c.offered...)
		if got := d.client.Subprotocol(); got != c.chosen {
			t.Errorf("of %q the client was told %q", c.offered, got)
		}
	}
}
