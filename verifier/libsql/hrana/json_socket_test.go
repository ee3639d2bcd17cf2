package hrana_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var socketCodec = hrana.JSON{MaxSteps: 3}

func TestMessagesOverWebSocketThatCouldBeReadInTwoWaysAreRefused(t *testing.T) {
	for name, message := range map[string]string{
		"an array as a struct":          `["hello","jwt"]`,
		"a request as an array":         `["request",1,["open_stream",0]]`,
		"an array as the request":       `{"type":"request","request_id":1,"request":["open_stream",0]}`,
		"a name twice":                  `{"type":"request","type":"hello","request_id":1,"request":{}}`,
		"a name twice, inside":          `{"type":"request","request_id":1,"request":{"type":"close_sql","sql_id":1,"sql_id":2}}`,
		"another case":                  `{"Type":"hello","jwt":"a"}`,
		"an unknown type":               `{"type":"goodbye"}`,
		"no type":                       `{"jwt":"a"}`,
		"a request without an id":       `{"type":"request","request":{"type":"open_stream","stream_id":0}}`,
		"a request without its content": `{"type":"request","request_id":1}`,
		"an id of 32 bits and a sign":   `{"type":"request","request_id":2147483648,"request":{}}`,
		"an id in quotes":               `{"type":"request","request_id":"1","request":{}}`,
		"a fraction as an id":           `{"type":"request","request_id":1.5,"request":{}}`,
		"a number as the token":         `{"type":"hello","jwt":1}`,
		"two messages":                  `{"type":"hello"}{"type":"hello"}`,
		"a byte order mark":             "\ufeff" + `{"type":"hello"}`,
		"half a character":              `{"type":"hello","jwt":"\ud800"}`,
		"nothing":                       ``,
	} {
		if got, err := socketCodec.DecodeEnvelope([]byte(message)); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestAHelloIsRead(t *testing.T) {
	for message, want := range map[string]string{
		`{"type":"hello","jwt":"a.b.c"}`:       "a.b.c",
		`{"jwt":"a.b.c","x":1,"type":"hello"}`: "a.b.c",
		`{"type":"hello","jwt":null}`:          "",
		`{"type":"hello"}`:                     "",
	} {
		got, err := socketCodec.DecodeEnvelope([]byte(message))
		if err != nil || got.Hello == nil || got.Hello.JWT != want {
			t.Errorf("%s: got %+v, %v", message, got, err)
		}
	}
}

func TestARequestIsWrittenAsItWasRead(t *testing.T) {
	for _, want := range []string{
		`{"type":"open_stream","stream_id":0}`,
		`{"type":"close_stream","stream_id":-1}`,
		`{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"integer","value":"1"}],"want_rows":true},"stream_id":7}`,
		`{"type":"execute","stmt":{"sql_id":3},"replication_index":"9","stream_id":7}`,
		`{"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT 1"}},{"condition":{"type":"ok","step":0},"stmt":{"sql":"SELECT 2"}}]},"stream_id":7}`,
		`{"type":"sequence","sql":"SELECT 1","replication_index":"4","stream_id":7}`,
		`{"type":"describe","sql_id":3,"stream_id":7}`,
		`{"type":"get_autocommit","stream_id":7}`,
		`{"type":"store_sql","sql":"SELECT 1","sql_id":3}`,
		`{"type":"close_sql","sql_id":3}`,
		`{"type":"open_cursor","batch":{"steps":[]},"stream_id":7,"cursor_id":2}`,
		`{"type":"fetch_cursor","cursor_id":2,"max_count":10}`,
		`{"type":"close_cursor","cursor_id":2}`,
	} {
		request, err := socketCodec.DecodeSocketRequest([]byte(want))
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		got, err := socketCodec.EncodeSocketRequest(5, request)
		if err != nil || string(got) != `{"type":"request","request_id":5,"request":`+want+`}` {
			t.Errorf("%s was written as %s, %v", want, got, err)
		}
	}
}

func TestRequestsOverWebSocketThatSqldRefusesAreRefused(t *testing.T) {
	for name, request := range map[string]string{
		"an unknown type":             `{"type":"drop_database","stream_id":0}`,
		"close, which HTTP has":       `{"type":"close","stream_id":0}`,
		"no stream":                   `{"type":"execute","stmt":{"sql":"SELECT 1"}}`,
		"no cursor":                   `{"type":"open_cursor","stream_id":0,"batch":{"steps":[]}}`,
		"no count":                    `{"type":"fetch_cursor","cursor_id":0}`,
		"a count below zero":          `{"type":"fetch_cursor","cursor_id":0,"max_count":-1}`,
		"a stream in quotes":          `{"type":"open_stream","stream_id":"0"}`,
		"a statement as an array":     `{"type":"execute","stream_id":0,"stmt":["SELECT 1"]}`,
		"sql and sql_id":              `{"type":"sequence","stream_id":0,"sql":"SELECT 1","sql_id":1}`,
		"no text":                     `{"type":"store_sql","sql_id":1}`,
		"a name twice in a statement": `{"type":"execute","stream_id":0,"stmt":{"sql":"SELECT 1","sql":"DELETE FROM t"}}`,
	} {
		if got, err := socketCodec.DecodeSocketRequest([]byte(request)); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	many := `{"type":"batch","stream_id":0,"batch":{"steps":[` + strings.TrimSuffix(strings.Repeat(`{"stmt":{"sql":"SELECT 1"}},`, 4), ",") + `]}}`
	if _, err := socketCodec.DecodeSocketRequest([]byte(many)); !errors.Is(err, hrana.ErrTooMany) {
		t.Errorf("too many steps: got %v", err)
	}
}

func TestTheBeginningOfAnAnswerTellsItsRequest(t *testing.T) {
	for head, want := range map[string]int32{
		`{"type":"response_ok","request_id":12,"response":{"type":"execute","res`: 12,
		`{"type":"response_error","request_id":-3,"error":{}}`:                    -3,
		`{"request_id":4,"type":"resp`:                                            4,
	} {
		kind, id, err := socketCodec.PeekServer([]byte(head))
		if err != nil || kind != hrana.ServerRequest || id != want {
			t.Errorf("%s: got %d %d, %v", head, kind, id, err)
		}
	}
	for _, head := range []string{`{"type":"hello_ok"}`, `{"type":"hello_error","error":{"message":"no"`} {
		if kind, _, err := socketCodec.PeekServer([]byte(head)); err != nil || kind != hrana.ServerHello {
			t.Errorf("%s: got %d, %v", head, kind, err)
		}
	}
	for _, head := range []string{
		``, `[]`, `{`, `{}`, `{"type":"response_ok"}`, `{"type":"response_ok","response":{"request_id":1},"request_id":2}`,
		`{"type":"response_ok","request_id":"one"}`, `{"type":"response_ok","request_id":99999999999}`,
	} {
		if _, id, err := socketCodec.PeekServer([]byte(head)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%s: got %d, %v", head, id, err)
		}
	}
}

func TestTheAnswerToABatchBecomesThatOfItsSequence(t *testing.T) {
	for message, want := range map[string]string{
		`{"type":"response_ok","request_id":1,"response":{"type":"batch","result":{"step_results":[],"step_errors":[null,null]}}}`:                              `{"type":"response_ok","request_id":1,"response":{"type":"sequence"}}`,
		`{"type":"response_ok","request_id":1,"response":{"type":"batch","result":{"step_errors":[null,{"message":"no such table","code":"SQLITE_UNKNOWN"}]}}}`: `{"type":"response_error","request_id":1,"error":{"message":"no such table","code":"SQLITE_UNKNOWN"}}`,
		`{"type":"response_error","request_id":1,"error":{"message":"m","code":"C"}}`:                                                                           `{"type":"response_error","request_id":1,"error":{"message":"m","code":"C"}}`,
	} {
		got, err := socketCodec.SequenceAnswer([]byte(message))
		if err != nil || string(got) != want {
			t.Errorf("%s became %s, %v", message, got, err)
		}
	}
	for _, message := range []string{`x`, `{"type":"response_ok","request_id":1}`, `{"type":"response_ok","request_id":1,"response":{"type":"execute"}}`} {
		if got, err := socketCodec.SequenceAnswer([]byte(message)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%s became %s, %v", message, got, err)
		}
	}
}

func TestAnswersOfOurOwnAreThoseOfTheProtocol(t *testing.T) {
	e := hrana.Error{Message: "no", Code: "C"}
	for want, got := range map[string][]byte{
		`{"type":"hello_error","error":{"message":"no","code":"C"}}`:                   socketCodec.HelloError(e),
		`{"type":"response_error","request_id":3,"error":{"message":"no","code":"C"}}`: socketCodec.ResponseError(3, e),
		`{"type":"response_ok","request_id":3,"response":{"type":"store_sql"}}`:        socketCodec.ResponseStored(3),
		`{"type":"response_ok","request_id":3,"response":{"type":"close_cursor"}}`:     socketCodec.ResponseCursorClosed(3),
		`{"type":"hello","jwt":"a.b.c"}`:                                               socketCodec.EncodeHello(hrana.Hello{JWT: "a.b.c"}),
		`{"type":"request","request_id":-2147483648,"request":{"type":"open_stream"}}`: socketCodec.EncodeEnvelope(-1<<31, []byte(`{"type":"open_stream"}`)),
	} {
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzAMessageOverWebSocketIsReadOnceAndForAll(f *testing.F) {
	f.Add([]byte(`{"type":"hello","jwt":"a"}`))
	f.Add([]byte(`{"type":"request","request_id":1,"request":{"type":"execute","stream_id":0,"stmt":{"sql":"SELECT 1"}}}`))
	f.Add([]byte(`{"type":"request","request_id":1,"request":{"type":"open_cursor","stream_id":0,"cursor_id":1,"batch":{"steps":[]}}}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		_, _, _ = socketCodec.PeekServer(message)
		_, _ = socketCodec.SequenceAnswer(message)
		envelope, err := socketCodec.DecodeEnvelope(message)
		if err != nil || envelope.Hello != nil {
			return
		}
		again, err := socketCodec.DecodeEnvelope(socketCodec.EncodeEnvelope(envelope.RequestID, envelope.Request))
		if err != nil || again.RequestID != envelope.RequestID || string(again.Request) != string(envelope.Request) {
			t.Fatalf("%s was read again as %+v, %v", message, again, err)
		}
		request, err := socketCodec.DecodeSocketRequest(envelope.Request)
		if err != nil {
			return
		}
		first, err := socketCodec.EncodeSocketRequest(envelope.RequestID, request)
		if err != nil {
			return // a value that no encoder takes
		}
		written, err := socketCodec.DecodeEnvelope(first)
		if err != nil {
			t.Fatalf("%s was written as %s: %v", message, first, err)
		}
		request, err = socketCodec.DecodeSocketRequest(written.Request)
		if err != nil {
			t.Fatalf("%s was written as %s: %v", message, first, err)
		}
		second, err := socketCodec.EncodeSocketRequest(envelope.RequestID, request)
		if err != nil || string(second) != string(first) {
			t.Fatalf("%s was written as %s, then as %s", message, first, second)
		}
	})
}
