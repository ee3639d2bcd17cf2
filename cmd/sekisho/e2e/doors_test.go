package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/coder/websocket"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// door is a way in which a statement can reach the server.
type door struct {
	name string
	ask  func(t *testing.T, h *house, token, sql string) answer
}

// doors are all that sqld has for statements. Those that are not open answer 404.
var doors = []door{
	{"v0", posts("/", func(sql string) any { return object{"statements": []any{sql}} })},
	{"v1 execute", posts("/v1/execute", func(sql string) any { return object{"stmt": stmt(sql)} })},
	{"v1 batch", posts("/v1/batch", func(sql string) any { return object{"batch": batch(sql)} })},
	{"v2 execute", posts("/v2/pipeline", pipelineOf(execute))},
	{"v3 execute", posts("/v3/pipeline", pipelineOf(execute))},
	{"v3 stored", posts("/v3/pipeline", func(sql string) any {
		return object{"requests": []any{
			object{"type": "store_sql", "sql_id": 7, "sql": sql}, object{"type": "execute", "stmt": object{"sql_id": 7}}, object{"type": "close"},
		}}
	})},
	{"v3 batch", posts("/v3/pipeline", pipelineOf(func(sql string) object { return object{"type": "batch", "batch": batch(sql)} }))},
	{"v3 never", posts("/v3/pipeline", pipelineOf(func(sql string) object {
		return object{"type": "batch", "batch": object{"steps": []any{
			object{"stmt": stmt(sql), "condition": object{"type": "or", "conds": []any{}}},
		}}}
	}))},
	{"v3 sequence", posts("/v3/pipeline", pipelineOf(func(sql string) object { return object{"type": "sequence", "sql": "SELECT 1;" + sql} }))},
	{"v3 describe", posts("/v3/pipeline", pipelineOf(func(sql string) object { return object{"type": "describe", "sql": sql} }))},
	{"cursor", posts("/v3/cursor", func(sql string) any { return object{"batch": batch(sql)} })},
	{"proto execute", postsProtobuf(execute)},
	{"proto describe", postsProtobuf(func(sql string) object { return object{"type": "describe", "sql": sql} })},
	{"ws hrana2", overSocket("hrana2")},
	{"ws hrana3", overSocket("hrana3")},
}

type object = map[string]any

func stmt(sql string) object    { return object{"sql": sql} }
func execute(sql string) object { return object{"type": "execute", "stmt": stmt(sql)} }
func batch(sql string) object   { return object{"steps": []any{object{"stmt": stmt(sql)}}} }

func pipelineOf(request func(sql string) object) func(sql string) any {
	return func(sql string) any { return object{"requests": []any{request(sql), object{"type": "close"}}} }
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func posts(path string, body func(sql string) any) func(t *testing.T, h *house, token, sql string) answer {
	return func(t *testing.T, h *house, token, sql string) answer {
		t.Helper()
		return mustCall(t, http.MethodPost, h.url("my-db")+path, token, marshal(t, body(sql)))
	}
}

// postsProtobuf sends the same pipelines in the binary encoding.
func postsProtobuf(request func(sql string) object) func(t *testing.T, h *house, token, sql string) answer {
	return func(t *testing.T, h *house, token, sql string) answer {
		t.Helper()
		p, err := hrana.JSON{MaxSteps: 10}.DecodePipeline([]byte(marshal(t, pipelineOf(request)(sql))))
		if err != nil {
			t.Fatal(err)
		}
		body, err := hrana.Protobuf{}.EncodePipeline(p)
		if err != nil {
			t.Fatal(err)
		}
		return mustCall(t, http.MethodPost, h.url("my-db")+"/v3-protobuf/pipeline", token, string(body), header("Content-Type", "application/x-protobuf"))
	}
}

// overSocket runs the statement on a stream of a WebSocket.
func overSocket(protocol string) func(t *testing.T, h *house, token, sql string) answer {
	return func(t *testing.T, h *house, token, sql string) answer {
		t.Helper()
		conn, response, err := websocket.Dial(t.Context(), "ws://"+h.Listener["my-db"]+"/", &websocket.DialOptions{Subprotocols: []string{protocol}})
		if err != nil && response != nil {
			return answer{status: response.StatusCode, header: response.Header, body: err.Error()}
		} else if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		conn.SetReadLimit(1 << 20)
		last := ""
		for _, message := range []object{
			{"type": "hello", "jwt": token},
			{"type": "request", "request_id": 1, "request": object{"type": "open_stream", "stream_id": 1}},
			{"type": "request", "request_id": 2, "request": object{"type": "execute", "stream_id": 1, "stmt": stmt(sql)}},
		} {
			last = exchange(t.Context(), t, conn, marshal(t, message))
		}
		return answer{status: http.StatusOK, body: last}
	}
}

func exchange(ctx context.Context, t *testing.T, conn *websocket.Conn, message string) string {
	t.Helper()
	if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		t.Fatal(err)
	}
	_, reply, err := conn.Read(ctx)
	if err != nil {
		return err.Error()
	}
	return string(reply)
}

var refusalCode = regexp.MustCompile(`SQLITE_(READONLY|AUTH)\b`)

// uncoded is a refusal of ours where the protocol has no place for a code.
var uncoded = regexp.MustCompile(`^\[\{"error":"(statement \d+: |the text )`)

// failure is how each encoding says that something failed, whatever it was.
var failure = regexp.MustCompile(`"(error|message)":|"type":"(error|step_error|response_error)"`)

// verdict is the code of a refusal of ours, "refused" for one without, "shut" for
// a door that is not open, or what else the door said.
func (a answer) verdict() string {
	switch code := refusalCode.FindString(a.body); {
	case a.status == http.StatusNotFound && (a.code() == "ROUTE_NOT_ALLOWED" || a.code() == ""):
		return "shut"
	case code != "":
		return code
	case uncoded.MatchString(a.body):
		return "refused"
	case a.status != http.StatusOK:
		return fmt.Sprint(a.status)
	case failure.MatchString(a.body):
		return "failed"
	}
	return "PASSED"
}
