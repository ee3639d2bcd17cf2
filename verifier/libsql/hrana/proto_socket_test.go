package hrana_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var socketRequest = rapid.Custom(func(t *rapid.T) hrana.SocketRequest {
	stream, id := rapid.Int32().Draw(t, "stream"), rapid.Int32().Draw(t, "id")
	execute := hrana.OnStream{Stream: stream, Request: hrana.Execute{Stmt: stmt.Draw(t, "stmt")}, ReplicationIndex: index.Draw(t, "index")}
	return rapid.SampledFrom([]hrana.SocketRequest{
		hrana.OpenStream{Stream: stream},
		hrana.CloseStream{Stream: stream},
		hrana.OpenCursor{Stream: stream, Cursor: id, Batch: batch.Draw(t, "batch")},
		hrana.CloseCursor{Cursor: id},
		hrana.FetchCursor{Cursor: id, MaxCount: rapid.Uint32().Draw(t, "count")},
		hrana.StoreSQL{ID: id, SQL: text.Draw(t, "sql")},
		hrana.CloseSQL{ID: id},
		execute,
		hrana.OnStream{Stream: stream, Request: hrana.RunBatch{Batch: batch.Draw(t, "batch")}},
		hrana.OnStream{Stream: stream, Request: hrana.Sequence{Text: sqlText.Draw(t, "text"), ReplicationIndex: index.Draw(t, "index")}},
		hrana.OnStream{Stream: stream, Request: hrana.Describe{Text: sqlText.Draw(t, "text"), ReplicationIndex: index.Draw(t, "index")}},
		hrana.OnStream{Stream: stream, Request: hrana.GetAutocommit{}},
	}).Draw(t, "request")
})

func TestEveryRequestOverWebSocketComesBackInBothEncodings(t *testing.T) {
	codecs := map[string]hrana.SocketCodec{"JSON": ample, "protobuf": hrana.Protobuf{MaxSteps: 10_000}}
	rapid.Check(t, func(t *rapid.T) {
		want, id := socketRequest.Draw(t, "request"), rapid.Int32().Draw(t, "id")
		for name, codec := range codecs {
			message, err := codec.EncodeSocketRequest(id, want)
			if err != nil {
				t.Fatal(err)
			}
			envelope, err := codec.DecodeEnvelope(message)
			if err != nil || envelope.Hello != nil || envelope.RequestID != id {
				t.Fatalf("%s: %q became %+v, %v", name, message, envelope, err)
			}
			if again := codec.EncodeEnvelope(id, envelope.Request); !bytes.Equal(again, message) {
				t.Fatalf("%s: %q was written again as %q", name, message, again)
			}
			if got, err := codec.DecodeSocketRequest(envelope.Request); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %q\ngot  %+v\nwant %+v\nerror %v", name, message, got, want, err)
			}
		}
	})
}

func TestAHelloInProtobufIsRead(t *testing.T) {
	for message, want := range map[string]string{
		string(proto.EncodeHello(hrana.Hello{JWT: "a.b.c"})): "a.b.c",
		msg(9, "later") + msg(1, num(2, 1)+msg(1, "a.b.c")):  "a.b.c",
		msg(1): "", msg(1, msg(1)): "",
	} {
		got, err := proto.DecodeEnvelope([]byte(message))
		if err != nil || got.Hello == nil || got.Hello.JWT != want {
			t.Errorf("%q: got %+v, %v", message, got, err)
		}
	}
}

func TestAFullAccessRequestInProtobufStaysAsItIs(t *testing.T) {
	later := msg(99, "later")
	envelope, err := proto.DecodeEnvelope([]byte(msg(2, later, num(1, 7), msg(4, later))))
	if err != nil || envelope.RequestID != 7 || string(envelope.Request) != later+msg(4, later) {
		t.Fatalf("%+v, %v", envelope, err)
	}
	if got, want := string(proto.EncodeEnvelope(7, envelope.Request)), msg(2, num(1, 7), later, msg(4, later)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMessagesInProtobufThatCouldBeReadInTwoWaysAreRefused(t *testing.T) {
	for name, message := range map[string]string{
		"nothing":                       "",
		"neither a hello nor a request": msg(3, "x"),
		"JSON":                          `{"type":"hello","jwt":"a"}`,
		"two hellos":                    msg(1, msg(1, "a")) + msg(1, msg(1, "b")),
		"a hello and a request":         msg(1, msg(1, "a")) + msg(2, num(1, 1)),
		"two requests, to be merged":    msg(2, num(1, 1)) + msg(2, num(1, 2)),
		"a token twice":                 msg(1, msg(1, "a"), msg(1, "b")),
		"a number as the token":         msg(1, num(1, 1)),
		"a token that is not UTF-8":     msg(1, msg(1, "\xff")),
		"an id twice":                   msg(2, num(1, 1), num(1, 2)),
		"an id over 31 bits":            msg(2, num(1, 1<<31)),
		"an id in longer form":          msg(2, "\x08\x81\x00"),
		"an id as text":                 msg(2, msg(1, "1")),
		"a number as a request":         num(2, 1),
		"a group":                       "\x13\x14",
		"half a message":                msg(2, num(1, 1), msg(4, "abc"))[:6],
	} {
		if got, err := proto.DecodeEnvelope([]byte(message)); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestRequestsInProtobufThatCouldBeReadInTwoWaysAreRefused(t *testing.T) {
	read, drop := msg(2, msg(1, "SELECT 1")), msg(2, msg(1, "DROP TABLE t"))
	for name, request := range map[string]string{
		"no type":                     "",
		"an unknown type":             msg(14),
		"the id, which was taken off": num(1, 1) + msg(2),
		"two types":                   msg(4, read) + msg(9, drop),
		"one type twice":              msg(4, read) + msg(4, drop),
		"two statements":              msg(4, read, drop),
		"no statement":                msg(4, num(1, 0)),
		"a text twice":                msg(4, msg(2, msg(1, "SELECT 1"), msg(1, "DROP TABLE t"))),
		"two batches":                 msg(5, msg(2), msg(2)),
		"no batch":                    msg(5, num(1, 0)),
		"no batch of a cursor":        msg(6, num(1, 0), num(2, 0)),
		"two streams":                 msg(9, num(1, 0), num(1, 1), msg(2, "SELECT 1")),
		"two texts of a sequence":     msg(9, msg(2, "SELECT 1"), msg(2, "DROP TABLE t")),
		"a text and an id":            msg(9, msg(2, "SELECT 1"), num(3, 1)),
		"a description of nothing":    msg(10, num(1, 0)),
		"two texts to be stored":      msg(11, num(1, 1), msg(2, "SELECT 1"), msg(2, "DROP TABLE t")),
		"a stream over 31 bits":       msg(2, num(1, math.MaxUint32)),
		"a count over 32 bits":        msg(8, num(2, math.MaxUint64)),
		"a stream as text":            msg(13, msg(1, "0")),
	} {
		if got, err := proto.DecodeSocketRequest([]byte(request)); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	step := msg(1, msg(2, msg(1, "SELECT 1")))
	if _, err := proto.DecodeSocketRequest([]byte(msg(5, msg(2, strings.Repeat(step, 101))))); !errors.Is(err, hrana.ErrTooMany) {
		t.Errorf("too many steps: got %v", err)
	}
}

func TestTheBeginningOfAnAnswerInProtobufTellsItsRequest(t *testing.T) {
	long := msg(4, strings.Repeat("x", 1000))
	for head, want := range map[string]int32{
		msg(3, num(1, 12), long)[:256]:           12,
		msg(3, num(1, 300), msg(2)):              300,
		msg(4, num(1, math.MaxUint64-2), msg(2)): -3,
		msg(3, long)[:256]:                       0,
		msg(3):                                   0,
	} {
		kind, id, err := proto.PeekServer([]byte(head))
		if err != nil || kind != hrana.ServerRequest || id != want {
			t.Errorf("%.20q: got %d %d, %v", head, kind, id, err)
		}
	}
	for _, head := range []string{msg(1), msg(2, msg(1, msg(1, "no")))} {
		if kind, _, err := proto.PeekServer([]byte(head)); err != nil || kind != hrana.ServerHello {
			t.Errorf("%q: got %d, %v", head, kind, err)
		}
	}
	for _, head := range []string{
		"", "{", msg(5), num(3, 1), "\x1a", "\x1a\x85", "\x1a\x05", "\x1a\x05\x08", "\x1a\x05\x08\x81", "\x1a\x05\x00", msg(3, num(1, 1<<31)),
	} {
		if _, id, err := proto.PeekServer([]byte(head)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%q: got %d, %v", head, id, err)
		}
	}
}

func TestTheAnswerToABatchInProtobufBecomesThatOfItsSequence(t *testing.T) {
	failed := func(step uint64, message string) string { return msg(2, num(1, step), msg(2, msg(1, message))) }
	for message, want := range map[string]string{
		msg(3, num(1, 7), msg(5, msg(1))):                                         msg(3, num(1, 7), msg(9)),
		msg(3, num(1, 7), msg(5, msg(1, failed(2, "second")+failed(1, "first")))): msg(4, num(1, 7), msg(2, msg(1, "first"))),
		msg(4, num(1, 7), msg(2, msg(1, "whole"))):                                msg(4, num(1, 7), msg(2, msg(1, "whole"))),
	} {
		if got, err := proto.SequenceAnswer([]byte(message)); err != nil || string(got) != want {
			t.Errorf("%q became %q, %v; want %q", message, got, err, want)
		}
	}
	for _, message := range []string{"", "x", msg(3, num(1, 7)), msg(3, num(1, 7), msg(4, msg(1))), msg(3, num(1, 7), msg(5))} {
		if got, err := proto.SequenceAnswer([]byte(message)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%q became %q, %v", message, got, err)
		}
	}
}

func TestTheFirstValueOfAnAnswerIsFoundInBothEncodings(t *testing.T) {
	rows := msg(2, msg(1, num(2, 2)))
	value, err := proto.AnswerValue([]byte(msg(3, num(1, 7), msg(4, msg(1, msg(1, "column")+rows)))))
	if err != nil || value != int64(1) {
		t.Errorf("got %v, %v", value, err)
	}
	value, err = codec.AnswerValue([]byte(`{"type":"response_ok","request_id":7,"response":{"type":"execute","result":{"rows":[[{"type":"integer","value":"1"}]]}}}`))
	if err != nil || value != int64(1) {
		t.Errorf("got %v, %v", value, err)
	}
	for _, message := range []string{"", msg(4, num(1, 7), msg(2, msg(1, "no"))), msg(3, msg(4, msg(1))), msg(3, msg(5, msg(1, rows))), msg(3, msg(4, rows))} {
		if value, err := proto.AnswerValue([]byte(message)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%q: got %v, %v", message, value, err)
		}
	}
}

func TestAnswersOfOurOwnInProtobufAreThoseOfTheProtocol(t *testing.T) {
	e := hrana.Error{Message: "no", Code: "C"}
	failure := msg(1, "no") + msg(2, "C")
	for want, got := range map[string][]byte{
		msg(2, msg(1, failure)):             proto.HelloError(e),
		msg(4, num(1, 3), msg(2, failure)):  proto.ResponseError(3, e),
		msg(3, num(1, 3), msg(11)):          proto.ResponseStored(3),
		msg(3, num(1, 3), msg(7)):           proto.ResponseCursorClosed(3),
		msg(1, msg(1, "a.b.c")):             proto.EncodeHello(hrana.Hello{JWT: "a.b.c"}),
		msg(2, num(1, 1<<64-1<<31), msg(2)): proto.EncodeEnvelope(math.MinInt32, []byte(msg(2))),
	} {
		if string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// FuzzAMessageInProtobufIsReadOnceAndForAll holds the decoder to this: what it
// accepts is written so that it is read as the same again, in this encoding and in JSON.
func FuzzAMessageInProtobufIsReadOnceAndForAll(f *testing.F) {
	f.Add([]byte(msg(1, msg(1, "a.b.c"))))
	f.Add([]byte(msg(2, num(1, 1), msg(4, num(1, 1), msg(2, msg(1, "SELECT 1"), msg(3, num(2, 3)), num(5, 1)), num(3, 9)))))
	f.Add([]byte(msg(2, msg(6, num(1, 1), num(2, 2), msg(3, msg(1, msg(1, msg(4, msg(1, msg(6))))+msg(2, num(2, 1))))))))
	f.Add([]byte(msg(2, msg(9, msg(2, "SELECT 1; SELECT 2"))) + msg(3, "x")))
	f.Add([]byte(msg(2, num(1, 7), msg(11, num(1, 1), msg(2, "SELECT 1")))))
	f.Add([]byte(msg(3, num(1, 7), msg(5, msg(1, msg(2, num(1, 1), msg(2, msg(1, "no"))))))))
	f.Fuzz(func(t *testing.T, message []byte) {
		_, _, _ = proto.PeekServer(message)
		_, _ = proto.SequenceAnswer(message)
		_, _ = proto.AnswerValue(message)
		envelope, err := proto.DecodeEnvelope(message)
		if err != nil || envelope.Hello != nil {
			return
		}
		request, err := proto.DecodeSocketRequest(envelope.Request)
		if err != nil {
			return
		}
		first, err := proto.EncodeSocketRequest(envelope.RequestID, request)
		if err != nil {
			t.Fatal(err)
		}
		again := readAgain(t, proto, first)
		if second, err := proto.EncodeSocketRequest(envelope.RequestID, again); err != nil || !bytes.Equal(second, first) {
			t.Fatalf("%q was written as %q, then as %q", message, first, second)
		}
		text, err := ample.EncodeSocketRequest(envelope.RequestID, request)
		if err != nil {
			return // a float that JSON cannot write
		}
		if got := readAgain(t, ample, text); !reflect.DeepEqual(got, again) {
			t.Fatalf("in JSON %+v is %+v", again, got)
		}
	})
}

func readAgain(t *testing.T, codec hrana.SocketCodec, message []byte) hrana.SocketRequest {
	t.Helper()
	envelope, err := codec.DecodeEnvelope(message)
	if err != nil {
		t.Fatalf("%q: %v", message, err)
	}
	request, err := codec.DecodeSocketRequest(envelope.Request)
	if err != nil {
		t.Fatalf("%q: %v", message, err)
	}
	return request
}
