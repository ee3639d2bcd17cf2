package hrana_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var errForeign = errors.New("foreign")

// renamed is what the tests put in place of a baton.
func renamed(baton string) (string, error) {
	if baton == "foreign" {
		return "", errForeign
	}
	return "<" + baton + ">", nil
}

// rewritten gives a text to a rewriter in pieces of n bytes.
func rewritten(r hrana.Rewriter, text string, n int) (string, error) {
	var out []byte
	for len(text) > 0 {
		n = min(n, len(text))
		var err error
		if out, err = r.Append(out, []byte(text[:n])); err != nil {
			return string(out), err
		}
		text = text[n:]
	}
	return string(out), r.End()
}

func TestOnlyTheBatonOfARequestIsChanged(t *testing.T) {
	for body, want := range map[string]string{
		`{"requests":[]}`: `{"requests":[]}`,
		` { "baton" : "a" , "requests":[{"baton":"x","stmt":{"baton":"y"}}] } `:       ` { "baton" : "\u003ca\u003e" , "requests":[{"baton":"x","stmt":{"baton":"y"}}] } `,
		`{"requests":[["baton","b"],"baton"],"baton":"a"}`:                            `{"requests":[["baton","b"],"baton"],"baton":"<a>"}`,
		`{"b\u0061ton":"\u0061"}`:                                                     `{"b\u0061ton":"<a>"}`,
		`{"baton":null,"requests":[]}`:                                                `{"baton":null,"requests":[]}`,
		`{"baton":null}`:                                                              `{"baton":null}`,
		`{"Baton":"foreign","bato":"foreign","baton ":"foreign"}`:                     `{"Baton":"foreign","bato":"foreign","baton ":"foreign"}`,
		`{"x":"\"baton\":\"foreign\"","y":"\\","baton":"a"}`:                          `{"x":"\"baton\":\"foreign\"","y":"\\","baton":"<a>"}`,
		`{"base_url":"http://x","n":-1.5e3,"t":true,"baton":"a"}`:                     `{"base_url":"http://x","n":-1.5e3,"t":true,"baton":"<a>"}`,
		`{"` + strings.Repeat("x", 100_000) + `":{},"baton":"a"}`:                     `{"` + strings.Repeat("x", 100_000) + `":{},"baton":"<a>"}`,
		`{"x":` + strings.Repeat(`{"baton":[`, 500) + strings.Repeat(`]}`, 500) + `}`: `{"x":` + strings.Repeat(`{"baton":[`, 500) + strings.Repeat(`]}`, 500) + `}`,
		`{}`: `{}`,
	} {
		want = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(want)
		for _, n := range []int{1, 2, 7, len(body)} {
			if got, err := rewritten(codec.RewriteRequest(renamed), body, n); err != nil || got != want {
				t.Errorf("%.90s in pieces of %d:\n%.120s, %v", body, n, got, err)
			}
		}
	}
}

func TestARequestWhoseBatonCouldBeAnotherIsRefused(t *testing.T) {
	for _, body := range []string{
		``, ` `, `null`, `"baton"`, `[null,[]]`, `["foreign",[]]`, "\ufeff" + `{"baton":"a"}`, `{`, `{"baton"`, `{"baton":`, `{"baton":"a`, `{"baton":"a"`,
		`{"baton":nul`, `{"baton":nil}`, `{"baton":1}`, `{"baton":true}`, `{"baton":["a"]}`, `{"baton":{"x":"a"}}`, `{"baton":"a","baton":"a"}`,
		`{"baton":null,"b\u0061ton":"foreign"}`, `{"baton":"a"}{"baton":"foreign"}`, `{}x`, `{baton:"a"}`, `{"baton" "a"}`, `{"baton":"\ud800"}`,
		`{"baton":"\x"}`, `{"baton":"` + strings.Repeat("x", 5000) + `"}`, `{"baton":n` + strings.Repeat("u", 5000) + `}`, `{]}`,
	} {
		if got, err := rewritten(codec.RewriteRequest(renamed), body, 3); !errors.Is(err, hrana.ErrMalformed) {
			t.Errorf("%.60s: %.60s, %v", body, got, err)
		}
	}
	if _, err := rewritten(codec.RewriteRequest(renamed), `{"requests":[],"baton":"foreign"}`, 100); !errors.Is(err, errForeign) {
		t.Errorf("a foreign baton: %v", err)
	}
}

func TestAnAnswersBaseURLIsDropped(t *testing.T) {
	const answer = `{"baton":"a","base_url":"http://inside","results":[{"base_url":"x"}]}`
	got, err := rewritten(codec.RewriteResponse(renamed), answer, 5)
	if want := `{"baton":"<a>","base_url":null,"results":[{"base_url":"x"}]}`; err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := rewritten(codec.RewriteResponse(renamed), `{"base_url":null,"base_url":null}`, 5); !errors.Is(err, hrana.ErrMalformed) {
		t.Errorf("two base URLs: %v", err)
	}
}

func TestBehindTheFirstLineOfACursorAllPasses(t *testing.T) {
	const answer = "{\"baton\":\"a\",\"base_url\":null}\n{\"type\":\"row\",\"baton\":\"foreign\"}\n}}\"not even JSON"
	got, err := rewritten(codec.RewriteCursor(renamed), answer, 4)
	if want := strings.Replace(answer, `"a"`, `"<a>"`, 1); err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := rewritten(codec.RewriteCursor(renamed), `{"baton":"a"`, 4); !errors.Is(err, hrana.ErrMalformed) {
		t.Errorf("half a line: %v", err)
	}
}

// FuzzRewriteRequest holds the rewriter to this: of a text that is JSON, it
// changes what the member "baton" of the outermost object holds, and nothing else.
func FuzzRewriteRequest(f *testing.F) {
	for _, seed := range []string{
		`{"baton":"a","requests":[{"type":"execute","stmt":{"sql":"select \"baton\""}}]}`, `{"x":[{}],"b\u0061ton":"\u0062"} `,
		`{"baton":null}`, `{"a":{"baton":"c"},"baton":"foreign"}`, `["baton","a"]`, `{"x":"\\\"","baton":"a"}`,
	} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		got, err := rewritten(codec.RewriteRequest(renamed), text, max(n, 1))
		var was map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &was) != nil || was == nil || err != nil {
			return
		}
		var is map[string]json.RawMessage
		if err := json.Unmarshal([]byte(got), &is); err != nil || len(is) != len(was) {
			t.Fatalf("%q became %q, %v", text, got, err)
		}
		var old, now *string
		if was["baton"] != nil {
			_, _ = json.Unmarshal(was["baton"], &old), json.Unmarshal(is["baton"], &now)
			if (old == nil) != (now == nil) || old != nil && "<"+*old+">" != *now {
				t.Errorf("%q became %q", text, got)
			}
		}
		for name, value := range was {
			if name != "baton" && !bytes.Equal(value, is[name]) {
				t.Errorf("%q: %s became %s", text, value, is[name])
			}
		}
	})
}

func TestALongBodyIsNeverHeld(t *testing.T) {
	piece := []byte(strings.Repeat(`{"type":"execute","stmt":{"sql":"insert into t values ('\"')"}},`, 500))
	r := codec.RewriteRequest(renamed)
	out, err := r.Append(make([]byte, 0, 2*len(piece)), []byte(`{"requests":[`))
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { out, err = r.Append(out[:0], piece) }); n > 0 || err != nil || len(out) != len(piece) {
		t.Errorf("%v allocations, %d of %d bytes, %v", n, len(out), len(piece), err)
	}
}

func BenchmarkRewriteRequest(b *testing.B) {
	body := []byte(`{"requests":[` + strings.Repeat(`{"type":"execute","stmt":{"sql":"insert into t values (?)","args":[{"type":"integer","value":"1"}]}},`, 1000) + `{"type":"close"}]}`)
	out := make([]byte, 0, 2*len(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := codec.RewriteRequest(renamed)
		if _, err := r.Append(out, body); err != nil {
			b.Fatal(err)
		}
	}
}
