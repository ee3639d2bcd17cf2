package hrana_test

import (
	"errors"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

func TestAnAnswerKeepsItsResultsAndLosesItsBaseURL(t *testing.T) {
	response, err := codec.DecodeResponse([]byte(`{"baton":"b","base_url":"http://inside:8080","results":[{"type":"ok","response":{"x":1e308,"y":[ -0.0 ]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.EncodeResponse(response)
	if want := `{"baton":"b","base_url":null,"results":[{"type":"ok","response":{"x":1e308,"y":[-0.0]}}]}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestWhatTheServerSaysMayHoldBytesThatAreNotUTF8(t *testing.T) {
	response, err := codec.DecodeResponse([]byte("{\"baton\":null,\"results\":[{\"x\":\"\xff\",\"x\":2}]}"))
	if err != nil || len(response.Results) != 1 {
		t.Fatalf("%v, %v", response, err)
	}
	if _, err := codec.EncodeResponse(response); err != nil {
		t.Error(err)
	}
}

func TestAnswersThatAreNoPipelinesAreRefused(t *testing.T) {
	for _, body := range []string{``, `null,`, `[]`, `{"results":{}}`, `<html>`} {
		if _, err := codec.DecodeResponse([]byte(body)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%q: error %v, want ErrResponse", body, err)
		}
	}
}

func TestABatchAnswersForItsSequence(t *testing.T) {
	for _, c := range []struct{ name, batch, want string }{
		{"no statement", `{"type":"ok","response":{"type":"batch","result":{"step_results":[],"step_errors":[]}}}`, `{"type":"ok","response":{"type":"sequence"}}`},
		{"all succeeded", `{"type":"ok","response":{"type":"batch","result":{"step_results":[{},{}],"step_errors":[null,null]}}}`, `{"type":"ok","response":{"type":"sequence"}}`},
		{
			"the second failed", `{"type":"ok","response":{"type":"batch","result":{"step_errors":[null,{"message":"m","code":"C"},null]}}}`,
			`{"type":"error","error":{"message":"m","code":"C"}}`,
		},
		{"refused as a whole", `{"type":"error","error":{"message":"m","code":"C"}}`, `{"type":"error","error":{"message":"m","code":"C"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := codec.SequenceResult(hrana.Result(c.batch)); err != nil || string(got) != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
	for _, other := range []string{`{"type":"ok","response":{"type":"execute"}}`, `{}`, `[]`} {
		if _, err := codec.SequenceResult(hrana.Result(other)); !errors.Is(err, hrana.ErrResponse) {
			t.Errorf("%s: error %v, want ErrResponse", other, err)
		}
	}
}

func TestRefusalsHaveTheShapesThatClientsRead(t *testing.T) {
	e := hrana.Error{Message: "no \"writes\"", Code: "SQLITE_READONLY"}
	const inside = `{"message":"no \"writes\"","code":"SQLITE_READONLY"}`
	for name, c := range map[string]struct{ got, want string }{
		"pipeline":      {string(codec.Failed(e)), `{"type":"error","error":` + inside + `}`},
		"close":         {string(codec.Closed()), `{"type":"ok","response":{"type":"close"}}`},
		"cursor":        {string(codec.FailedCursor("b", 2, e)), `{"baton":"b","base_url":null}` + "\n" + `{"type":"step_error","step":2,"error":` + inside + `}` + "\n"},
		"cursor, new":   {string(codec.FailedCursor("", 0, e)), `{"baton":null,"base_url":null}` + "\n" + `{"type":"step_error","step":0,"error":` + inside + `}` + "\n"},
		"version 1":     {string(codec.FailedStateless(e)), inside},
		"version 0":     {string(codec.FailedLegacy(3, 1, e)), `[null,{"error":"no \"writes\""},null]`},
		"invalid UTF-8": {string(codec.Failed(hrana.Error{Message: "\xff"})), "{\"type\":\"error\",\"error\":{\"message\":\"\ufffd\",\"code\":\"\"}}"},
		"not for HTML":  {string(codec.FailedStateless(hrana.Error{Message: "a<b"})), `{"message":"a<b","code":""}`},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", name, c.got, c.want)
		}
	}
}
