package libsql_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var (
	protobuf = hrana.Protobuf{MaxSteps: 100}
	inJSON   = hrana.JSON{MaxSteps: 100}
)

// pipelineInProtobuf is a pipeline that is written in JSON.
func pipelineInProtobuf(t *testing.T, body string) string {
	t.Helper()
	pipeline, err := inJSON.DecodePipeline([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := protobuf.EncodePipeline(pipeline)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func cursorInProtobuf(t *testing.T, body string) string {
	t.Helper()
	cursor, err := inJSON.DecodeCursor([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := protobuf.EncodeCursor(cursor)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func TestNothingForbiddenReachesTheServerInProtobuf(t *testing.T) {
	s := newSite(t)
	baton := s.begin("read")
	for _, c := range []struct {
		line    string
		bodies  []string
		encoded func(*testing.T, string) string
	}{
		{"POST /v3-protobuf/pipeline", pipelines, pipelineInProtobuf},
		{"POST /v3-protobuf/cursor", doors["POST /v3/cursor"], cursorInProtobuf},
	} {
		for _, body := range c.bodies {
			for _, sql := range forbidden {
				quoted, err := json.Marshal(sql)
				if err != nil {
					t.Fatal(err)
				}
				body := strings.NewReplacer("%s", string(quoted), `"baton":"b"`, `"baton":"`+baton+`"`).Replace(body)
				response, answer := s.send(c.line, "read", c.encoded(t, body))
				reason, _ := s.decided()
				for _, sent := range s.requests() {
					if sent.body != "" {
						t.Fatalf("%s with %q: the server got %q", c.line, sql, sent.body)
					}
				}
				if response.StatusCode != 200 || reason != refusal.ReadOnlyToken || !strings.Contains(answer, "\x12\x0bSQLITE_AUTH") && !strings.Contains(answer, "\x12\x0fSQLITE_READONLY") {
					t.Errorf("%s with %q: %d %s %q", c.line, sql, response.StatusCode, reason, answer)
				}
			}
		}
	}
}

func TestReadsGetThroughInProtobuf(t *testing.T) {
	s := newSite(t)
	const body = `{"requests":[{"type":"execute","stmt":{"sql":"/* x */ select ?;","args":[{"type":"integer","value":"-1"}]}},{"type":"sequence","sql":"select 2;"}]}`
	response, answer := s.send("POST /v3-protobuf/pipeline", "read", pipelineInProtobuf(t, body), "Content-Type: application/x-protobuf")
	got, err := protobuf.DecodeResponse([]byte(answer))
	if response.StatusCode != 200 || err != nil || len(got.Results) != 2 || *got.Baton == "next" {
		t.Fatalf("%d %q, %v", response.StatusCode, answer, err)
	}
	sent := s.requests()[0]
	want := pipelineInProtobuf(t, strings.NewReplacer("/* x */ ", "", ";", "").Replace(body))
	if sent.body != want || sent.header.Get("Content-Type") != "application/x-protobuf" {
		t.Errorf("the server got %q as %q", sent.body, sent.header.Get("Content-Type"))
	}
	response, answer = s.send("POST /v3-protobuf/cursor", "read", cursorInProtobuf(t, `{"baton":"`+*got.Baton+`","batch":{"steps":[{"stmt":{"sql":"select 1"}}]}}`))
	if response.StatusCode != 200 || !strings.HasSuffix(answer, "\x02\x22\x00") {
		t.Errorf("%d %q", response.StatusCode, answer)
	}
	if sent := s.requests()[1].body; sent != cursorInProtobuf(t, `{"baton":"next","batch":{"steps":[{"stmt":{"sql":"select 1"}}]}}`) {
		t.Errorf("the server got %q", sent)
	}
}

func TestAStreamInProtobufIsOnlyItsOwners(t *testing.T) {
	for _, credential := range []string{"full2", "read", "lowered"} {
		s := newSite(t)
		baton := s.begin("full")
		for _, baton := range []string{baton, "b"} {
			for line, body := range map[string]string{
				"POST /v3-protobuf/pipeline": pipelineInProtobuf(t, `{"baton":"`+baton+`","requests":[{"type":"close"}]}`),
				"POST /v3-protobuf/cursor":   cursorInProtobuf(t, `{"baton":"`+baton+`","batch":{"steps":[]}}`),
			} {
				response, answer := s.send(line, credential, body)
				if response.StatusCode != 400 || !strings.Contains(answer, "STREAM_NOT_YOURS") || len(s.requests()) != 0 {
					t.Errorf("%s with %s: %d %s", line, credential, response.StatusCode, answer)
				}
			}
		}
		// The encodings share streams, as they do in sqld.
		response, answer := s.send("POST /v3-protobuf/pipeline", "full", pipelineInProtobuf(t, `{"baton":"`+baton+`","requests":[]}`))
		if response.StatusCode != 200 || len(s.requests()) != 1 || s.requests()[0].body != pipelineInProtobuf(t, `{"baton":"b","requests":[]}`) {
			t.Errorf("its owner: %d %q", response.StatusCode, answer)
		}
	}
}

func TestProtobufThatIsNotUnderstoodIsNotSentOn(t *testing.T) {
	for _, c := range []struct{ credential, body string }{
		{"read", "{}"}, {"read", "\x12\x00"}, {"read", "\x0b\x0c"}, {"read", "\x0a\x00\x0a\x00"}, {"full", "\x0a\x05"}, {"full", "\x0b\x0c"},
	} {
		s := newSite(t)
		response, answer := s.send("POST /v3-protobuf/pipeline", c.credential, c.body)
		if response.StatusCode != 400 || len(s.requests()) != 0 {
			t.Errorf("%q: %d %s", c.body, response.StatusCode, answer)
		}
	}
}
