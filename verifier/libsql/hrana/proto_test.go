package hrana_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var proto = hrana.Protobuf{MaxSteps: 100}

// msg is a field that holds a message, made of fields or of text.
func msg(number protowire.Number, parts ...string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), strings.Join(parts, "")))
}

// num is a field that holds a number.
func num(number protowire.Number, v uint64) string {
	return string(protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v))
}

func TestEveryPipelineInProtobufComesBackAsItWas(t *testing.T) {
	ample := hrana.Protobuf{MaxSteps: 10_000}
	rapid.Check(t, func(t *rapid.T) {
		p := &hrana.Pipeline{Baton: text.Draw(t, "baton"), Requests: rapid.SliceOfN(request, 0, 5).Draw(t, "requests")}
		comesBack(t, p, ample.EncodePipeline, ample.DecodePipeline)
	})
}

func TestEveryCursorInProtobufComesBackAsItWas(t *testing.T) {
	ample := hrana.Protobuf{MaxSteps: 10_000}
	rapid.Check(t, func(t *rapid.T) {
		c := &hrana.Cursor{Baton: text.Draw(t, "baton"), Batch: batch.Draw(t, "batch")}
		comesBack(t, c, ample.EncodeCursor, ample.DecodeCursor)
	})
}

func TestWhatSqldIgnoresInProtobufIsDropped(t *testing.T) {
	body := msg(1, "b") + msg(9, "x") + num(3000, 1) + msg(2, msg(9, "y")+msg(2, num(7, 1)+msg(1, msg(1, "select 1")+"\x3912345678")))
	p, err := proto.DecodePipeline([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := proto.EncodePipeline(p)
	if want := msg(1, "b") + msg(2, msg(2, msg(1, msg(1, "select 1")))); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNumbersThatWritersLeaveOutAreZero(t *testing.T) {
	p, err := proto.DecodePipeline([]byte(msg(2, msg(6, msg(2, "select 1"))) + msg(2, msg(7))))
	if err != nil || p.Requests[0] != (hrana.StoreSQL{SQL: "select 1"}) || p.Requests[1] != (hrana.CloseSQL{}) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestProtobufThatCouldBeReadInTwoWaysIsRefused(t *testing.T) {
	stmt := func(fields ...string) string { return msg(2, msg(2, msg(1, fields...))) }
	value := func(fields ...string) string { return stmt(msg(1, "a"), msg(3, fields...)) }
	step := func(condition string) string {
		return msg(2, msg(3, msg(1, msg(1, msg(1, condition)+msg(2, msg(1, "a"))))))
	}
	for name, body := range map[string]string{
		"JSON":                               `{"requests":[]}`,
		"half a tag":                         "\x92",
		"half a field":                       "\x12\x05\x0a",
		"a field without its value":          "\x12",
		"field number 0":                     "\x02\x00",
		"a tag in more bytes than needed":    "\x92\x00\x02\x0a\x00",
		"a length in more bytes than needed": "\x12\x82\x00\x0a\x00",
		"a number in more bytes than needed": msg(2, msg(7, "\x08\x81\x00")),
		"a number over 64 bits":              msg(2, msg(7, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")),
		"a group":                            "\x13\x14",
		"an unknown group":                   "\x7b\x7c",
		"the wire types that there are not":  "\x16",
		"two batons":                         msg(1, "a") + msg(1, "b"),
		"a baton that is a number":           num(1, 1),
		"a baton that is not UTF-8":          msg(1, "\xff"),
		"a request that is a number":         num(2, 1),
		"a request without its type":         msg(2),
		"a request of an unknown type":       msg(2, msg(9)),
		"two types of a request":             msg(2, msg(1)+msg(2, msg(1, msg(1, "drop table t")))),
		"one type twice, to be merged":       msg(2, msg(2, msg(1, msg(1, "select 1")))+msg(2, msg(1, msg(1, "drop table t")))),
		"two statements, to be merged":       msg(2, msg(2, msg(1, msg(1, "select 1"))+msg(1, msg(1, "drop table t")))),
		"no statement":                       msg(2, msg(2)),
		"no batch":                           msg(2, msg(3)),
		"sql twice":                          stmt(msg(1, "select 1"), msg(1, "drop table t")),
		"sql and sql_id":                     stmt(msg(1, "a"), num(2, 1)),
		"neither sql nor sql_id":             stmt(),
		"sql that is not UTF-8":              stmt(msg(1, "\xff")),
		"sql that is a number":               stmt(num(1, 1)),
		"sql_id over 31 bits":                stmt(num(2, 1<<31)),
		"sql_id below 32 bits":               stmt(num(2, 1<<63)),
		"want_rows that is 2":                stmt(msg(1, "a"), num(5, 2)),
		"store_sql with two texts":           msg(2, msg(6, msg(2, "select 1"), msg(2, "drop table t"))),
		"a sequence with two texts":          msg(2, msg(4, msg(1, "select 1"), msg(1, "drop table t"))),
		"a description of nothing":           msg(2, msg(5)),
		"a step without its statement":       msg(2, msg(3, msg(1, msg(1)))),
		"two statements of a step":           msg(2, msg(3, msg(1, msg(1, msg(2, msg(1, "a")), msg(2, msg(1, "b")))))),
		"two members of a value":             value(msg(4, "a"), msg(5, "b")),
		"a value without a member":           value(),
		"a float in other bytes":             value(num(3, 1)),
		"text that is not UTF-8":             value(msg(4, "\xff")),
		"a named argument without a value":   stmt(msg(1, "a"), msg(4, msg(1, "n"))),
		"two kinds of a condition":           step(num(1, 0) + num(2, 0)),
		"no kind of a condition":             step(""),
		"a step over 32 bits":                step(num(1, 1<<32)),
		"a not of nothing":                   step(msg(3)),
		"conditions without end":             step(nested(200)),
	} {
		if p, err := proto.DecodePipeline([]byte(body)); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%s: %+v, error %v", name, p, err)
		}
	}
	for name, body := range map[string]string{
		"no batch": msg(1, "b"), "two batches": msg(2) + msg(2), "a batch that is a number": num(2, 0),
	} {
		if c, err := proto.DecodeCursor([]byte(body)); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("cursor with %s: %+v, error %v", name, c, err)
		}
	}
}

// nested is a condition in as many negations.
func nested(depth int) string {
	condition := msg(6)
	for range depth {
		condition = msg(3, condition)
	}
	return condition
}

func TestMorePartsInProtobufThanTheLimitsAreRefused(t *testing.T) {
	step := msg(1, msg(2, msg(1, "a")))
	for name, body := range map[string]string{
		"requests":   strings.Repeat(msg(2, msg(1)), 101),
		"steps":      msg(2, msg(3, msg(1, strings.Repeat(step, 101)))),
		"conditions": msg(2, msg(3, msg(1, msg(1, msg(1, msg(5, strings.Repeat(msg(1, msg(6)), 401)))+msg(2, msg(1, "a")))))),
		"values":     msg(2, msg(2, msg(1, msg(1, "a")+strings.Repeat(msg(3, msg(1)), 1<<18+1)))),
	} {
		if _, err := proto.DecodePipeline([]byte(body)); !errors.Is(err, hrana.ErrTooMany) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestResultsInProtobufArePutTogether(t *testing.T) {
	answer := msg(1, "baton") + msg(2, "http://inside") + msg(3, msg(1, msg(1))) + msg(3, msg(2, msg(1, "no")))
	r, err := proto.DecodeResponse([]byte(answer))
	if err != nil || *r.Baton != "baton" || len(r.Results) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	r.Results = append(r.Results, proto.Failed(hrana.Error{Message: "m", Code: "C"}), proto.Stored(), proto.Closed())
	got, _ := proto.EncodeResponse(r)
	want := msg(1, "baton") + msg(3, msg(1, msg(1))) + msg(3, msg(2, msg(1, "no"))) + msg(3, msg(2, msg(1, "m"), msg(2, "C"))) +
		msg(3, msg(1, msg(6))) + msg(3, msg(1, msg(1)))
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, err := proto.DecodeResponse([]byte("hello")); !errors.Is(err, hrana.ErrResponse) {
		t.Error(err)
	}
}

func TestTheResultOfABatchInProtobufBecomesThatOfASequence(t *testing.T) {
	failed := func(step uint64, message string) string { return msg(2, num(1, step), msg(2, msg(1, message))) }
	for result, want := range map[string]string{
		msg(1, msg(3, msg(1))):                                         msg(1, msg(4)),
		msg(1, msg(3, msg(1, msg(1, num(1, 0)+msg(2))))):               msg(1, msg(4)),
		msg(1, msg(3, msg(1, failed(2, "second")+failed(1, "first")))): msg(2, msg(1, "first")),
		msg(2, msg(1, "whole")):                                        msg(2, msg(1, "whole")),
	} {
		if got, err := proto.SequenceResult(hrana.Result(result)); err != nil || string(got) != want {
			t.Errorf("%q became %q, %v; want %q", result, got, err, want)
		}
	}
	for _, none := range []string{"", msg(1, msg(2)), msg(1), "x"} {
		if got, err := proto.SequenceResult(hrana.Result(none)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%q became %q, %v", none, got, err)
		}
	}
}

func TestOnlyTheBatonOfAMessageIsChanged(t *testing.T) {
	long := msg(2, strings.Repeat("x", 10_000))
	for _, c := range []struct {
		r          func(hrana.Rebaton) hrana.Rewriter
		body, want string
	}{
		{proto.RewriteRequest, "", ""},
		{proto.RewriteRequest, msg(1, "a") + long, msg(1, "<a>") + long},
		{proto.RewriteRequest, long + num(5, 300) + "\x3912345678\x3d1234" + msg(1, "a"), long + num(5, 300) + "\x3912345678\x3d1234" + msg(1, "<a>")},
		{proto.RewriteResponse, msg(1, "a") + msg(2, "http://inside") + msg(3, msg(1, "foreign")), msg(1, "<a>") + msg(3, msg(1, "foreign"))},
		{proto.RewriteCursor, msgs(msg(1, "a")+msg(2, "http://inside"), msg(1, "foreign")) + "\xff", msgs(msg(1, "<a>"), msg(1, "foreign")) + "\xff"},
		{proto.RewriteCursor, msgs(""), msgs("")},
	} {
		for _, n := range []int{1, 3, 4096, 1 << 20} {
			if got, err := rewritten(c.r(renamed), c.body, n); err != nil || got != c.want {
				t.Errorf("%.40q in pieces of %d became %.40q, %v", c.body, n, got, err)
			}
		}
	}
	for _, body := range []string{
		msg(1, "a") + msg(1, "a"), msg(1, "\xff"), num(1, 1), "\x02\x00", "\x0b\x0c", "\x8a\x00\x01a", "\x0a\x81\x00a", "\x0a\x05a", "\x0a", "\x12\x05a",
		msg(1, strings.Repeat("x", 5000)), "\x16", strings.Repeat("\xff", 11),
	} {
		if got, err := rewritten(proto.RewriteRequest(renamed), body, 2); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%.40q became %.40q, %v", body, got, err)
		}
	}
	for body, want := range map[string]string{msg(1, "a") + msg(1, "a"): "twice", msg(1, "\xff"): "text"} {
		if _, err := rewritten(proto.RewriteRequest(renamed), body, 100); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, which does not say %q", body, err, want)
		}
	}
	if _, err := rewritten(proto.RewriteRequest(renamed), long+msg(1, "foreign"), 100); !errors.Is(err, errForeign) {
		t.Errorf("a foreign baton: %v", err)
	}
	for _, body := range []string{"", "\x05\x0a", "\xff\xff\x7f", msgs("\x0a")} {
		if _, err := rewritten(proto.RewriteCursor(renamed), body, 100); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// msgs are messages, each behind its length.
func msgs(messages ...string) string {
	var b []byte
	for _, m := range messages {
		b = protowire.AppendString(b, m)
	}
	return string(b)
}

func TestARefusedCursorInProtobuf(t *testing.T) {
	got := proto.FailedCursor("b", 3, hrana.Error{Message: "m", Code: "C"})
	if want := msgs(msg(1, "b"), msg(3, num(1, 3), msg(2, msg(1, "m"), msg(2, "C")))); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzProtobuf holds the decoder to this: what it accepts is written so that it
// is read as the same again, and the streaming rewriter finds the same baton.
func FuzzProtobuf(f *testing.F) {
	for _, seed := range []string{
		msg(1, "b") + msg(2, msg(2, msg(1, msg(1, "select 1"), msg(3, num(2, 3)), num(5, 1)))) + msg(2, msg(1)),
		msg(2, msg(3, msg(1, msg(1, msg(1, msg(4, msg(1, msg(6))))+msg(2, num(2, 1)))))), "\x0b\x0c", msg(2, msg(6, num(1, 7), msg(2, "x"))),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		once, err := proto.DecodePipeline(body)
		if err != nil {
			return
		}
		encoded, _ := proto.EncodePipeline(once)
		twice, err := proto.DecodePipeline(encoded)
		if err != nil {
			t.Fatalf("%x became %x: %v", body, encoded, err)
		}
		again, _ := proto.EncodePipeline(twice)
		if !bytes.Equal(encoded, again) {
			t.Errorf("%x became %x", encoded, again)
		}
		baton := ""
		_, err = rewritten(proto.RewriteRequest(func(b string) (string, error) { baton = b; return b, nil }), string(body), 3)
		if err != nil || baton != once.Baton {
			t.Errorf("%x: baton %q, the rewriter found %q, %v", body, once.Baton, baton, err)
		}
	})
}
