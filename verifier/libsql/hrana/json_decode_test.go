package hrana_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var codec = hrana.JSON{MaxSteps: 100}

// recode decodes and encodes again.
func recode[T any](decode func([]byte) (T, error), encode func(T) ([]byte, error)) func(string) (string, error) {
	return func(body string) (string, error) {
		model, err := decode([]byte(body))
		if err != nil {
			return "", err
		}
		text, err := encode(model)
		return string(text), err
	}
}

// doors are the bodies that a client can send.
var doors = map[string]func(string) (string, error){
	"pipeline": recode(codec.DecodePipeline, codec.EncodePipeline),
	"cursor":   recode(codec.DecodeCursor, codec.EncodeCursor),
	"execute":  recode(codec.DecodeExecute, codec.EncodeExecute),
	"batch":    recode(codec.DecodeBatch, codec.EncodeBatch),
	"legacy":   recode(codec.DecodeLegacy, codec.EncodeLegacy),
}

func TestWhatClientsSendGoesOnAsItWasUnderstood(t *testing.T) {
	for _, c := range []struct{ name, door, body, want string }{
		{
			"execute and close of @libsql/client", "pipeline",
			`{"requests":[{"type":"execute","stmt":{"sql":"select 1","args":[],"named_args":[],"want_rows":true}},{"type":"close"}]}`,
			`{"requests":[{"type":"execute","stmt":{"sql":"select 1","want_rows":true}},{"type":"close"}]}`,
		}, {
			"type after the fields, as Go maps are written", "pipeline",
			`{"baton":"b","requests":[{"stmt":{"sql":"select 1"},"type":"execute"}]}`,
			`{"baton":"b","requests":[{"type":"execute","stmt":{"sql":"select 1"}}]}`,
		}, {
			"null for what is absent", "pipeline",
			`{"baton":null,"requests":[{"type":"sequence","sql":"select 1","sql_id":null,"replication_index":null}]}`,
			`{"requests":[{"type":"sequence","sql":"select 1"}]}`,
		}, {
			"stored texts", "pipeline",
			`{"requests":[{"type":"store_sql","sql_id":0,"sql":""},{"type":"describe","sql_id":0},{"type":"close_sql","sql_id":-1},{"type":"get_autocommit"}]}`,
			`{"requests":[{"type":"store_sql","sql":"","sql_id":0},{"type":"describe","sql_id":0},{"type":"close_sql","sql_id":-1},{"type":"get_autocommit"}]}`,
		}, {
			"a replication index as a number or as text", "pipeline",
			`{"requests":[{"type":"describe","sql":"a","replication_index":7},{"type":"describe","sql":"b","replication_index":"18446744073709551615"}]}`,
			`{"requests":[{"type":"describe","sql":"a","replication_index":"7"},{"type":"describe","sql":"b","replication_index":"18446744073709551615"}]}`,
		}, {
			"values", "execute",
			`{"stmt":{"sql":"s","args":[{"type":"null"},{"type":"integer","value":"+9007199254740993"},{"type":"float","value":1E308},` +
				`{"type":"float","value":-0},{"type":"text","value":"\u0061\ud83d\ude00"},{"type":"blob","base64":"aGk="},{"base64":"aGk","type":"blob"}]}}`,
			`{"stmt":{"sql":"s","args":[{"type":"null"},{"type":"integer","value":"9007199254740993"},{"type":"float","value":1e+308},` +
				`{"type":"float","value":-0.0},{"type":"text","value":"a😀"},{"type":"blob","base64":"aGk"},{"type":"blob","base64":"aGk"}]}}`,
		}, {
			"conditions", "cursor",
			`{"batch":{"steps":[{"condition":{"type":"and","conds":[{"type":"not","cond":{"type":"ok","step":0}},{"type":"or","conds":[]}]},"stmt":{"sql":"a"}},` +
				`{"condition":null,"stmt":{"sql_id":3}},{"condition":{"type":"is_autocommit"},"stmt":{"sql":"b"}}]}}`,
			`{"batch":{"steps":[{"condition":{"type":"and","conds":[{"type":"not","cond":{"type":"ok","step":0}},{"type":"or","conds":[]}]},"stmt":{"sql":"a"}},` +
				`{"stmt":{"sql_id":3}},{"condition":{"type":"is_autocommit"},"stmt":{"sql":"b"}}]}}`,
		}, {
			"version 0", "legacy",
			`{"statements":["a",{"q":"b","params":[null,true,false,-0,1,5.0,1e20,100000000000000000000,"x",{"base64":"aGk"}]},{"params":{":b":2,"$a":1},"q":"c"}],"replication_index":3}`,
			`{"statements":[{"q":"a"},{"q":"b","params":[null,1,0,-0.0,1,5.0,1e+20,1e+20,"x",{"base64":"aGk"}]},{"q":"c","params":{"$a":1,":b":2}}],"replication_index":3}`,
		}, {
			"members that sqld ignores are dropped", "batch",
			`{"Batch":{"steps":[{"stmt":{"sql":"delete"}}]},"x":[[]],"batch":{"steps":[{"stmt":{"SQL":"delete","sql":"a","q":1}}],"Steps":3}}`,
			`{"batch":{"steps":[{"stmt":{"sql":"a"}}]}}`,
		}, {
			"escapes in names are names", "execute", `{"stmt":{"\u0073ql":"a"}}`, `{"stmt":{"sql":"a"}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := doors[c.door](c.body)
			if err != nil || got != c.want {
				t.Errorf("got  %s\nwant %s\nerr %v", got, c.want, err)
			}
		})
	}
}

func TestBodiesThatCouldBeReadInTwoWaysAreRefused(t *testing.T) {
	stmt := func(s string) string { return `{"requests":[{"type":"execute","stmt":` + s + `}]}` }
	arg := func(s string) string { return stmt(`{"sql":"a","args":[` + s + `]}`) }
	param := func(s string) string { return `{"statements":[{"q":"a","params":[` + s + `]}]}` }
	for _, c := range []struct{ name, door, body string }{
		{"nothing", "pipeline", ``},
		{"null", "pipeline", `null`},
		{"a byte order mark", "pipeline", "\ufeff" + stmt(`{"sql":"a"}`)},
		{"two documents", "pipeline", stmt(`{"sql":"a"}`) + stmt(`{"sql":"b"}`)},
		{"trailing text", "pipeline", stmt(`{"sql":"a"}`) + `x`},
		{"a comment", "pipeline", `{"requests":[]/**/}`},
		{"an array for the body", "pipeline", `[null,[["execute",{"sql":"a"}]]]`},
		{"an array for a request", "pipeline", `{"requests":[["execute",{"sql":"a"}]]}`},
		{"an array for a statement", "pipeline", stmt(`["a"]`)},
		{"an array for a batch", "cursor", `{"batch":[[[null,["a"]]]]}`},
		{"an array for a step", "cursor", `{"batch":{"steps":[[null,{"sql":"a"}]]}}`},
		{"an array for a condition", "cursor", `{"batch":{"steps":[{"condition":["ok",0],"stmt":{"sql":"a"}}]}}`},
		{"an array for a value", "pipeline", arg(`["null"]`)},
		{"text for a statement", "pipeline", stmt(`"a"`)},
		{"duplicate sql", "pipeline", stmt(`{"sql":"a","sql":"b"}`)},
		{"duplicate sql, once escaped", "pipeline", stmt(`{"sql":"a","\u0073ql":"b"}`)},
		{"duplicate requests", "pipeline", `{"requests":[],"requests":[]}`},
		{"duplicate type", "pipeline", `{"requests":[{"type":"close","type":"sequence","sql":"a"}]}`},
		{"duplicate unknown member", "pipeline", `{"requests":[],"x":1,"x":2}`},
		{"another case of a name", "pipeline", `{"Requests":[]}`},
		{"another case of a type", "pipeline", `{"requests":[{"type":"Close"}]}`},
		{"no type", "pipeline", `{"requests":[{"stmt":{"sql":"a"}}]}`},
		{"no requests", "pipeline", `{}`},
		{"null requests", "pipeline", `{"requests":null}`},
		{"a null request", "pipeline", `{"requests":[null]}`},
		{"no statement", "pipeline", `{"requests":[{"type":"execute"}]}`},
		{"no batch", "cursor", `{}`},
		{"no steps", "cursor", `{"batch":{}}`},
		{"a step without a statement", "cursor", `{"batch":{"steps":[{}]}}`},
		{"neither sql nor sql_id", "pipeline", stmt(`{}`)},
		{"both sql and sql_id", "pipeline", stmt(`{"sql":"a","sql_id":1}`)},
		{"store_sql without its id", "pipeline", `{"requests":[{"type":"store_sql","sql":"a"}]}`},
		{"store_sql without its text", "pipeline", `{"requests":[{"type":"store_sql","sql_id":1}]}`},
		{"close_sql without its id", "pipeline", `{"requests":[{"type":"close_sql"}]}`},
		{"sql_id over 31 bits", "pipeline", stmt(`{"sql_id":2147483648}`)},
		{"sql_id with a fraction", "pipeline", stmt(`{"sql_id":1.0}`)},
		{"sql_id as text", "pipeline", stmt(`{"sql_id":"1"}`)},
		{"a number for sql", "pipeline", stmt(`{"sql":1}`)},
		{"invalid UTF-8", "pipeline", stmt("{\"sql\":\"\xff\"}")},
		{"a lone surrogate", "pipeline", stmt(`{"sql":"\ud800"}`)},
		{"a raw line break in text", "pipeline", stmt("{\"sql\":\"a\nb\"}")},
		{"an integer as a number", "pipeline", arg(`{"type":"integer","value":1}`)},
		{"an integer over 63 bits", "pipeline", arg(`{"type":"integer","value":"9223372036854775808"}`)},
		{"an integer that is none", "pipeline", arg(`{"type":"integer","value":"0x1"}`)},
		{"a float as text", "pipeline", arg(`{"type":"float","value":"1"}`)},
		{"a float out of range", "pipeline", arg(`{"type":"float","value":1e400}`)},
		{"a float that is null", "pipeline", arg(`{"type":"float","value":null}`)},
		{"a float that is no number", "pipeline", arg(`{"type":"float","value":NaN}`)},
		{"text that is a number", "pipeline", arg(`{"type":"text","value":1}`)},
		{"text without a value", "pipeline", arg(`{"type":"text"}`)},
		{"a blob without base64", "pipeline", arg(`{"type":"blob","value":"aGk"}`)},
		{"a blob in base64url", "pipeline", arg(`{"type":"blob","base64":"_-8"}`)},
		{"a blob with a line break", "pipeline", arg(`{"type":"blob","base64":"aG\nk="}`)},
		{"a blob with stray bits", "pipeline", arg(`{"type":"blob","base64":"aGl"}`)},
		{"a blob with too much padding", "pipeline", arg(`{"type":"blob","base64":"aGk=="}`)},
		{"a value of an unknown type", "pipeline", arg(`{"type":"int","value":"1"}`)},
		{"a named argument without its name", "pipeline", stmt(`{"sql":"a","named_args":[{"value":{"type":"null"}}]}`)},
		{"a replication index below zero", "pipeline", stmt(`{"sql":"a","replication_index":-1}`)},
		{"a condition of an unknown type", "cursor", `{"batch":{"steps":[{"condition":{"type":"xor"},"stmt":{"sql":"a"}}]}}`},
		{"a condition without its step", "cursor", `{"batch":{"steps":[{"condition":{"type":"ok"},"stmt":{"sql":"a"}}]}}`},
		{"a condition with a step below zero", "cursor", `{"batch":{"steps":[{"condition":{"type":"ok","step":-1},"stmt":{"sql":"a"}}]}}`},
		{"a not without its condition", "cursor", `{"batch":{"steps":[{"condition":{"type":"not"},"stmt":{"sql":"a"}}]}}`},
		{"an and without its conditions", "cursor", `{"batch":{"steps":[{"condition":{"type":"and"},"stmt":{"sql":"a"}}]}}`},
		{"conditions without end", "cursor", `{"batch":{"steps":[{"condition":` + strings.Repeat(`{"type":"not","cond":`, 200) +
			`{"type":"is_autocommit"}` + strings.Repeat("}", 200) + `,"stmt":{"sql":"a"}}]}}`},
		{"brackets without end", "pipeline", strings.Repeat("[", 1<<20)},
		{"sql_id in version 1", "execute", `{"stmt":{"sql_id":1}}`},
		{"sql_id in a batch of version 1", "batch", `{"batch":{"steps":[{"stmt":{"sql_id":1}}]}}`},
		{"no statements in version 0", "legacy", `{}`},
		{"a null statement in version 0", "legacy", `{"statements":[null]}`},
		{"a number for a statement in version 0", "legacy", `{"statements":[1]}`},
		{"an array for a statement in version 0", "legacy", `{"statements":[["a"]]}`},
		{"an unknown member in version 0", "legacy", `{"statements":[{"q":"a","sql":"b"}]}`},
		{"no text in version 0", "legacy", `{"statements":[{"params":[]}]}`},
		{"duplicate text in version 0", "legacy", `{"statements":[{"q":"a","q":"b"}]}`},
		{"text for params in version 0", "legacy", `{"statements":[{"q":"a","params":"x"}]}`},
		{"an array for a value in version 0", "legacy", param(`[1]`)},
		{"an object that is no blob in version 0", "legacy", param(`{"blob":"aGk"}`)},
		{"an unsigned integer in version 0", "legacy", param(`9223372036854775808`)},
		{"a float out of range in version 0", "legacy", param(`1e400`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := doors[c.door](c.body); !errors.Is(err, hrana.ErrMalformed) {
				t.Errorf("got %s, error %v; want ErrMalformed", got, err)
			}
		})
	}
}

func TestMorePartsThanTheLimitsAreRefused(t *testing.T) {
	many := func(n int, part string) string { return strings.Repeat(part+",", n-1) + part }
	step := `{"stmt":{"sql":"a"}}`
	for _, c := range []struct{ name, door, body string }{
		{"requests", "pipeline", `{"requests":[` + many(101, `{"type":"close"}`) + `]}`},
		{"steps", "cursor", `{"batch":{"steps":[` + many(101, step) + `]}}`},
		{"steps of several batches", "pipeline", `{"requests":[` + many(3, `{"type":"batch","batch":{"steps":[`+many(50, step)+`]}}`) + `]}`},
		{"conditions", "batch", `{"batch":{"steps":[{"condition":{"type":"or","conds":[` + many(401, `{"type":"is_autocommit"}`) + `]},"stmt":{"sql":"a"}}]}}`},
		{"statements of version 0", "legacy", `{"statements":[` + many(101, `"a"`) + `]}`},
		{"values", "execute", `{"stmt":{"sql":"a","args":[` + many(1<<18+1, `{}`) + `]}}`},
		{"values of version 0", "legacy", `{"statements":[{"q":"a","params":[` + many(1<<18+1, `1`) + `]}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := doors[c.door](c.body); !errors.Is(err, hrana.ErrTooMany) {
				t.Errorf("error %v; want ErrTooMany", err)
			}
		})
	}
	if _, err := doors["cursor"](`{"batch":{"steps":[` + many(100, step) + `]}}`); err != nil {
		t.Errorf("as many steps as allowed: %v", err)
	}
}

func TestAnErrorTellsNothingOfTheValues(t *testing.T) {
	for _, body := range []string{
		`{"requests":[{"type":"execute","stmt":{"sql":"hunter2","sql_id":"hunter2"}}]}`,
		`{"requests":[{"type":"hunter2"}]}`,
		`{"requests":[{"type":"execute","stmt":{"sql":"a","args":[{"type":"integer","value":"hunter2"}]}}]}`,
		`{"hunter2":1,"hunter2":2}`,
	} {
		if _, err := codec.DecodePipeline([]byte(body)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
