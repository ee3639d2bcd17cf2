package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// door is a way in which a statement can reach the server.
type door struct {
	name string
	ask  func(t *testing.T, h *house, token, sql string) answer
	idle bool // the statement is compiled there and never runs
}

// doors are all that sqld has for statements. Those that are not open answer 404.
// "never" is a step of a batch whose condition is false.
var doors = []door{
	{name: "v0", ask: posts("/", func(sql string) any { return object{"statements": []any{sql}} })},
	{name: "v1 execute", ask: posts("/v1/execute", func(sql string) any { return object{"stmt": stmt(sql)} })},
	{name: "v1 batch", ask: posts("/v1/batch", func(sql string) any { return object{"batch": batch(sql)} })},
	{name: "v2 execute", ask: posts("/v2/pipeline", pipelineOf(execute))},
	{name: "v2 sequence", ask: posts("/v2/pipeline", pipelineOf(sequence))},
	{name: "v3 execute", ask: posts("/v3/pipeline", pipelineOf(execute))},
	{name: "v3 stored", ask: posts("/v3/pipeline", pipelineOf(stored(object{"type": "execute", "stmt": object{"sql_id": 7}})))},
	{name: "v3 stored sequence", ask: posts("/v3/pipeline", pipelineOf(stored(object{"type": "sequence", "sql_id": 7})))},
	{name: "v3 batch", ask: posts("/v3/pipeline", pipelineOf(inBatch(batch)))},
	{name: "v3 never", ask: posts("/v3/pipeline", pipelineOf(inBatch(never))), idle: true},
	{name: "v3 sequence", ask: posts("/v3/pipeline", pipelineOf(sequence))},
	{name: "v3 describe", ask: posts("/v3/pipeline", pipelineOf(describe)), idle: true},
	{name: "cursor", ask: posts("/v3/cursor", cursorOf)},
	{name: "dev", ask: posts("/dev/my-db/v3/pipeline", pipelineOf(execute))},

	{name: "proto execute", ask: postsProtobuf(execute)},
	{name: "proto stored", ask: postsProtobuf(stored(object{"type": "execute", "stmt": object{"sql_id": 7}}))},
	{name: "proto batch", ask: postsProtobuf(inBatch(batch))},
	{name: "proto never", ask: postsProtobuf(inBatch(never)), idle: true},
	{name: "proto sequence", ask: postsProtobuf(sequence)},
	{name: "proto describe", ask: postsProtobuf(describe), idle: true},
	{name: "proto cursor", ask: postsProtobufCursor},

	{name: "ws hrana1", ask: overSocket("hrana1", onStream(execute))},
	{name: "ws hrana2", ask: overSocket("hrana2", onStream(execute))},
	{name: "ws hrana3", ask: overSocket("hrana3", onStream(execute))},
	{name: "ws stored", ask: overSocket("hrana3", storedOnSocket)},
	{name: "ws batch", ask: overSocket("hrana3", onStream(inBatch(batch)))},
	{name: "ws never", ask: overSocket("hrana3", onStream(inBatch(never))), idle: true},
	{name: "ws sequence", ask: overSocket("hrana3", onStream(sequence))},
	{name: "ws describe", ask: overSocket("hrana3", onStream(describe)), idle: true},
	{name: "ws cursor", ask: overSocket("hrana3", inCursor)},
	{name: "ws proto execute", ask: overSocket("hrana3-protobuf", onStream(execute))},
	{name: "ws proto stored", ask: overSocket("hrana3-protobuf", storedOnSocket)},
	{name: "ws proto sequence", ask: overSocket("hrana3-protobuf", onStream(sequence))},
	{name: "ws proto describe", ask: overSocket("hrana3-protobuf", onStream(describe)), idle: true},
	{name: "ws proto cursor", ask: overSocket("hrana3-protobuf", inCursor)},
	{name: "ws stored by an owner", ask: storedByAnOwner},
}

type object = map[string]any

func stmt(sql string) object     { return object{"sql": sql} }
func execute(sql string) object  { return object{"type": "execute", "stmt": stmt(sql)} }
func sequence(sql string) object { return object{"type": "sequence", "sql": "SELECT 1;" + sql} }
func describe(sql string) object { return object{"type": "describe", "sql": sql} }
func storeSQL(sql string) object { return object{"type": "store_sql", "sql_id": 7, "sql": sql} }
func batch(sql string) object    { return object{"steps": []any{object{"stmt": stmt(sql)}}} }
func cursorOf(sql string) any    { return object{"batch": batch(sql)} }

func never(sql string) object {
	return object{"steps": []any{object{"stmt": stmt(sql), "condition": object{"type": "or", "conds": []any{}}}}}
}

func inBatch(steps func(string) object) func(string) object {
	return func(sql string) object { return object{"type": "batch", "batch": steps(sql)} }
}

// stored stores the text, and uses it by its id.
func stored(use object) func(string) []object {
	return func(sql string) []object { return []object{storeSQL(sql), use} }
}

// requests is what a door makes of a statement: one request, or several.
type requests interface {
	func(sql string) object | func(sql string) []object
}

func list[R requests](make R, sql string) []object {
	if several, ok := any(make).(func(string) []object); ok {
		return several(sql)
	}
	return []object{any(make).(func(string) object)(sql)}
}

func pipelineOf[R requests](make R) func(sql string) any {
	return func(sql string) any { return object{"requests": append(list(make, sql), object{"type": "close"})} }
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
func postsProtobuf[R requests](make R) func(t *testing.T, h *house, token, sql string) answer {
	return func(t *testing.T, h *house, token, sql string) answer {
		t.Helper()
		p, err := hrana.JSON{MaxSteps: 10}.DecodePipeline([]byte(marshal(t, pipelineOf(make)(sql))))
		if err != nil {
			t.Fatal(err)
		}
		body, err := protobuf.EncodePipeline(p)
		if err != nil {
			t.Fatal(err)
		}
		return mustCall(t, http.MethodPost, h.url("my-db")+"/v3-protobuf/pipeline", token, string(body), header("Content-Type", "application/x-protobuf"))
	}
}

func postsProtobufCursor(t *testing.T, h *house, token, sql string) answer {
	t.Helper()
	body, err := protobuf.EncodeCursor(&hrana.Cursor{Batch: hrana.Batch{Steps: []hrana.Step{{Stmt: hrana.Stmt{Text: hrana.Text{SQL: sql}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return mustCall(t, http.MethodPost, h.url("my-db")+"/v3-protobuf/cursor", token, string(body), header("Content-Type", "application/x-protobuf"))
}
