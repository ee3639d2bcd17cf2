package libsql_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// noInsert is the result of INSERT INTO t VALUES (1), in the words of the rule.
const noInsert = `{"type":"error","error":{"message":"INSERT writes, and this token is read-only","code":"SQLITE_READONLY"}}`

func TestAReadOnlyPipelineIsTakenApartAndPutTogether(t *testing.T) {
	for _, c := range []struct{ name, body, sent, answer string }{
		{
			"a read goes on encoded afresh",
			` {"x":1,"requests":[{"stmt":{"sql":" -- hello\nselect 1 ; ","want_rows":true},"type":"execute"},{"type":"close"}]}`,
			`{"requests":[{"type":"execute","stmt":{"sql":"select 1","want_rows":true}},{"type":"close"}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"execute","n":0}},{"type":"ok","response":{"type":"close","n":1}}]}`,
		}, {
			"a write between reads is not sent on",
			`{"baton":"b","requests":[{"type":"execute","stmt":{"sql":"select 1"}},{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}},{"type":"describe","sql":"select 2"}]}`,
			`{"baton":"b","requests":[{"type":"execute","stmt":{"sql":"select 1"}},{"type":"describe","sql":"select 2"}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"execute","n":0}},` + noInsert + `,{"type":"ok","response":{"type":"describe","n":1}}]}`,
		}, {
			"a batch with one write is refused whole",
			`{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"begin"}},{"condition":{"type":"not","cond":{"type":"ok","step":0}},"stmt":{"sql":"INSERT INTO t VALUES (1)"}}]}},{"type":"get_autocommit"}]}`,
			`{"requests":[{"type":"get_autocommit"}]}`,
			`{"baton":"next","base_url":null,"results":[` + noInsert + `,{"type":"ok","response":{"type":"get_autocommit","n":0}}]}`,
		}, {
			"what uses a refused text is refused like it",
			`{"requests":[{"type":"store_sql","sql_id":1,"sql":"INSERT INTO t VALUES (1)"},{"type":"store_sql","sql_id":2,"sql":"select 2"},` +
				`{"type":"execute","stmt":{"sql_id":1}},{"type":"batch","batch":{"steps":[{"stmt":{"sql_id":2}},{"stmt":{"sql_id":1}}]}},` +
				`{"type":"sequence","sql_id":1},{"type":"describe","sql_id":1},{"type":"execute","stmt":{"sql_id":2}}]}`,
			`{"requests":[{"type":"store_sql","sql":"select 2","sql_id":2},{"type":"execute","stmt":{"sql_id":2}}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"store_sql"}},{"type":"ok","response":{"type":"store_sql","n":0}},` +
				strings.Repeat(noInsert+",", 4) + `{"type":"ok","response":{"type":"execute","n":1}}]}`,
		}, {
			"an id is free again once it holds another text",
			`{"requests":[{"type":"store_sql","sql_id":1,"sql":"INSERT INTO t VALUES (1)"},{"type":"close_sql","sql_id":1},{"type":"store_sql","sql_id":1,"sql":"select 2"},{"type":"execute","stmt":{"sql_id":1}}]}`,
			`{"requests":[{"type":"close_sql","sql_id":1},{"type":"store_sql","sql":"select 2","sql_id":1},{"type":"execute","stmt":{"sql_id":1}}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"store_sql"}},{"type":"ok","response":{"type":"close_sql","n":0}},{"type":"ok","response":{"type":"store_sql","n":1}},{"type":"ok","response":{"type":"execute","n":2}}]}`,
		}, {
			"a sequence of several goes on one by one",
			`{"requests":[{"type":"sequence","sql":"select 1; /* ; */ select 2;;"},{"type":"close"}]}`,
			`{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"select 1","want_rows":false}},` +
				`{"condition":{"type":"ok","step":0},"stmt":{"sql":"select 2","want_rows":false}}]}},{"type":"close"}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"sequence"}},{"type":"ok","response":{"type":"close","n":1}}]}`,
		}, {
			"a sequence of one stays one",
			`{"requests":[{"type":"sequence","sql":";select 1 -- end"}]}`,
			`{"requests":[{"type":"sequence","sql":"select 1"}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"sequence","n":0}}]}`,
		}, {
			"a stored sequence can be one statement only",
			`{"requests":[{"type":"sequence","sql_id":5}]}`,
			`{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql_id":5,"want_rows":false}}]}}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"sequence"}}]}`,
		}, {
			"only the first statement is described",
			`{"requests":[{"type":"describe","sql":"select 1; select 2"},{"type":"describe","sql":" "}]}`,
			`{"requests":[{"type":"describe","sql":"select 1"},{"type":"describe","sql":""}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"describe","n":0}},{"type":"ok","response":{"type":"describe","n":1}}]}`,
		}, {
			"a pragma that sqld refuses goes on as a query",
			`{"requests":[{"type":"execute","stmt":{"sql":"PRAGMA foreign_key_list(t)"}}]}`,
			`{"requests":[{"type":"execute","stmt":{"sql":"SELECT * FROM pragma_foreign_key_list('t')"}}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"execute","n":0}}]}`,
		}, {
			"a transaction begins without a lock, and all else stays to the letter",
			`{"requests":[{"type":"sequence","sql":"BEGIN EXCLUSIVE; select 'begin  exclusive' ;end"},{"type":"execute","stmt":{"sql":"begin immediate"}}]}`,
			`{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"BEGIN DEFERRED","want_rows":false}},` +
				`{"condition":{"type":"ok","step":0},"stmt":{"sql":"select 'begin  exclusive'","want_rows":false}},` +
				`{"condition":{"type":"ok","step":1},"stmt":{"sql":"end","want_rows":false}}]}},{"type":"execute","stmt":{"sql":"BEGIN DEFERRED"}}]}`,
			`{"baton":"next","base_url":null,"results":[{"type":"ok","response":{"type":"sequence"}},{"type":"ok","response":{"type":"execute","n":1}}]}`,
		}, {
			"a stream is closed although all else was refused",
			`{"baton":"b","requests":[{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}},{"type":"close"}]}`,
			`{"baton":"b","requests":[{"type":"close"}]}`,
			`{"baton":"next","base_url":null,"results":[` + noInsert + `,{"type":"ok","response":{"type":"close","n":0}}]}`,
		}, {
			"no stream is opened to be closed",
			`{"requests":[{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}},{"type":"close"}]}`, "",
			`{"baton":null,"base_url":null,"results":[` + noInsert + `,{"type":"ok","response":{"type":"close"}}]}`,
		}, {
			"a stream whose requests were all refused keeps its baton",
			`{"baton":"b","requests":[{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}}]}`, "",
			`{"baton":"b","base_url":null,"results":[` + noInsert + `]}`,
		}, {
			"a stream is opened although all was refused, so that its client can go on",
			`{"requests":[{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}}]}`, "",
			`{"baton":"next","base_url":null,"results":[` + noInsert + `]}`,
		}, {
			"another number of statements than one is answered as sqld does",
			`{"requests":[{"type":"execute","stmt":{"sql":"select 1; select 2"}},{"type":"execute","stmt":{"sql":"-- none"}},{"type":"store_sql","sql_id":1,"sql":"select 1;select 2"},{"type":"close"}]}`, "",
			`{"baton":null,"base_url":null,"results":[{"type":"error","error":{"message":"The SQL text holds more than one statement.","code":"SQL_MANY_STATEMENTS"}},` +
				`{"type":"error","error":{"message":"The SQL text holds no statement.","code":"SQL_NO_STATEMENT"}},` +
				`{"type":"ok","response":{"type":"store_sql"}},{"type":"ok","response":{"type":"close"}}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			body := c.body
			if before, after, found := strings.Cut(body, `"baton":"b"`); found {
				body = before + `"baton":"` + s.begin("read") + `"` + after
			}
			response, answer := s.send("POST /v3/pipeline", "read", body, "Content-Type: text/plain", "Accept-Encoding: gzip")
			answer = opened(answer)
			if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/json" || answer != c.answer {
				t.Errorf("%d, answer\n%s\nwant\n%s", response.StatusCode, answer, c.answer)
			}
			var sent string
			for _, r := range s.requests() {
				sent += r.body
				if got := r.header.Get("Content-Type"); got != "application/json" {
					t.Errorf("sent as %q", got)
				}
			}
			if sent != c.sent {
				t.Errorf("sent\n%s\nwant\n%s", sent, c.sent)
			}
			reason, _ := s.decided()
			if refused := strings.Contains(c.body, "INSERT"); refused != (reason == refusal.ReadOnlyToken) {
				t.Errorf("reason %s", reason)
			}
		})
	}
}

func TestAPipelineOfTooManyStatementsInOneTextIsRefusedInWords(t *testing.T) {
	s := newSite(t)
	_, answer := s.send("POST /v2/pipeline", "read", `{"requests":[{"type":"sequence","sql":"`+strings.Repeat("select 1;", 60)+
		`"},{"type":"sequence","sql":"`+strings.Repeat("select 1;", 60)+`"}]}`)
	if !strings.Contains(answer, `[{"type":"ok","response":{"type":"sequence"}},{"type":"error"`) || !strings.Contains(answer, "BODY_TOO_LARGE") {
		t.Error(answer)
	}
}

func TestWhatIsNotUnderstoodIsNotSentOn(t *testing.T) {
	for line, bodies := range map[string][]string{
		"POST /v2/pipeline": {
			"", "null", `{"requests":[{"type":"Execute","stmt":{"sql":"select 1"}}]}`, `[null,[["execute",{"sql":"select 1"}]]]`,
			`{"requests":[{"type":"execute","stmt":{"sql":"select 1","sql":"drop table t"}}]}`,
			`{"requests":[{"type":"execute","stmt":["drop table t"]}]}`, "\ufeff" + `{"requests":[]}`, `{"requests":[]}{"requests":[]}`,
			"\x0a\x02\x08\x01",
		},
		"POST /v3/cursor":  {"", `{"batch":[[]]}`, `{"batch":{"steps":[{"stmt":{}}]}}`},
		"POST /v1/execute": {"", `{"stmt":{"sql_id":1}}`, `{"stmt":["drop table t"]}`},
		"POST /v1/batch":   {"", `{"batch":{"steps":[{"stmt":{"sql_id":1}}]}}`},
		"POST /":           {"", `{"statements":"drop table t"}`, `{"statements":[{"q":"select 1","Q":"drop table t"}]}`},
	} {
		for _, body := range bodies {
			s := newSite(t)
			response, answer := s.send(line, "read", body)
			reason, _ := s.decided()
			if response.StatusCode != 400 || reason != refusal.BadRequestBody || len(s.requests()) != 0 || !strings.Contains(answer, "BAD_REQUEST") {
				t.Errorf("%s %q: %d %s", line, body, response.StatusCode, answer)
			}
		}
	}
}

// mixed has a refused request, so that its answer has to be put together.
const mixed = `{"requests":[{"type":"execute","stmt":{"sql":"select 1"}},{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES (1)"}}]}`

func TestAnAnswerThatIsNoPipelineIsNotPassedOnAsOne(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no JSON":          func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") },
		"nothing":          func(http.ResponseWriter, *http.Request) {},
		"too few results":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"baton":null,"results":[]}`) },
		"too many results": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"results":[{},{}]}`) },
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			for range 65 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		},
		"compressed unasked": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, `{"results":[{}]}`)
			_ = z.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.answer = answer
			response, body := s.send("POST /v2/pipeline", "read", mixed)
			if reason, err := s.decided(); err == nil || reason != refusal.Fault || response.StatusCode != 502 || response.Header.Get("Content-Encoding") != "" ||
				!strings.Contains(body, "not understood") {
				t.Errorf("%d %s, error %v", response.StatusCode, body, err)
			}
		})
	}
}

func TestAnAnswerOtherThan200IsPassedOnAsItIs(t *testing.T) {
	s := newSite(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Sqld", "1")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "Received an invalid baton")
	}
	response, body := s.send("POST /v2/pipeline", "read", mixed)
	if response.StatusCode != 400 || body != "Received an invalid baton" || response.Header.Get("X-Sqld") != "1" {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

func TestAnAnswerThatIsPutTogetherIsAskedForUnencoded(t *testing.T) {
	s := newSite(t)
	s.send("POST /v2/pipeline", "read", mixed, "Accept-Encoding: gzip, br")
	if got := s.requests()[0].header["Accept-Encoding"]; len(got) != 1 || got[0] != "identity" {
		t.Errorf("asked for %q", got)
	}
}

func TestAnAnswerThatIsHeldBackCannotBeFlushedEarly(t *testing.T) {
	gate := newGate(t, libsql.Options{})
	r := httptest.NewRequest("POST", "/v2/pipeline", strings.NewReader(mixed))
	r.Header.Set("Authorization", "Bearer read")
	w := httptest.NewRecorder()
	answers := []string{(&site{baton: "b"}).pipelineAnswer([]byte(`{"requests":[` + lockText + `]}`)), `{"results":[{"type":"ok"}]}`}
	_, err := gate.Handle(w, r, "my-db", func(held http.ResponseWriter, _ *http.Request, _ *token.Grant) error {
		control := http.NewResponseController(held)
		_, _ = io.WriteString(held, answers[0])
		answers = answers[1:]
		held.WriteHeader(http.StatusOK)
		if err := control.Flush(); err != nil || w.Flushed || w.Body.Len() > 0 {
			t.Errorf("flushed %v, %q, %v", w.Flushed, w.Body, err)
		}
		if err := control.EnableFullDuplex(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("the recorder was not asked: %v", err)
		}
		return nil
	})
	if err != nil || !strings.Contains(w.Body.String(), `[{"type":"ok"},{"type":"error"`) {
		t.Errorf("%s, %v", w.Body, err)
	}
}
