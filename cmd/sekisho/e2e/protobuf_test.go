package e2e

import (
	"net/http"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var protobuf = hrana.Protobuf{MaxSteps: 100}

// inProtobuf sends a pipeline, and gives the first value of each result, nil
// where there is none.
func (h *house) inProtobuf(t *testing.T, token string, p *hrana.Pipeline) (baton string, values []hrana.Value) {
	t.Helper()
	body, err := protobuf.EncodePipeline(p)
	if err != nil {
		t.Fatal(err)
	}
	a := mustCall(t, http.MethodPost, h.url("my-db")+"/v3-protobuf/pipeline", token, string(body)).wantStatus(t, http.StatusOK)
	response, err := protobuf.DecodeResponse([]byte(a.body))
	if err != nil || len(response.Results) != len(p.Requests) {
		t.Fatalf("%q: %v", a.body, err)
	}
	for _, result := range response.Results {
		value, _ := protobuf.FirstValue(result)
		values = append(values, value)
	}
	return *response.Baton, values
}

func selects(v hrana.Value) hrana.Request {
	return hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "SELECT ?"}, Args: []hrana.Value{v}}}
}

func TestTheServerReadsProtobufAsWeWriteIt(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	for access, token := range map[string]string{"full-access": full, "read-only": h.mint(t, myDB, "authorization=read-only", "").JWT} {
		t.Run(access, func(t *testing.T) {
			id := int32(-3)
			baton, values := h.inProtobuf(t, token, &hrana.Pipeline{Requests: []hrana.Request{
				selects(int64(-9)), selects(1.5), selects("text"),
				hrana.StoreSQL{ID: id, SQL: "SELECT 7"},
				hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{Stored: &id}}},
				hrana.Sequence{Text: hrana.Text{SQL: "SELECT 1; SELECT 2"}},
				hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "SELECT query_only FROM pragma_query_only"}}},
			}})
			locked := int64(0)
			if access == "read-only" {
				locked = 1
			}
			for i, want := range []hrana.Value{int64(-9), 1.5, "text", nil, int64(7), nil, locked} {
				if values[i] != want {
					t.Errorf("result %d is %v, want %v", i, values[i], want)
				}
			}
			cursor, err := protobuf.EncodeCursor(&hrana.Cursor{Baton: baton, Batch: hrana.Batch{Steps: []hrana.Step{{Stmt: selects(int64(1)).(hrana.Execute).Stmt}}}})
			if err != nil {
				t.Fatal(err)
			}
			a := mustCall(t, http.MethodPost, h.url("my-db")+"/v3-protobuf/cursor", token, string(cursor)).wantStatus(t, http.StatusOK)
			if len(a.body) < 100 {
				t.Errorf("the cursor gave %q", a.body)
			}
		})
	}
	read := h.mint(t, myDB, "authorization=read-only", "").JWT
	h.inProtobuf(t, read, &hrana.Pipeline{Requests: []hrana.Request{
		hrana.Execute{Stmt: hrana.Stmt{Text: hrana.Text{SQL: "DELETE FROM users"}}},
		hrana.Sequence{Text: hrana.Text{SQL: "SELECT 1; DELETE FROM users"}},
	}})
	if n := h.users(t, "my-db", full); n != "2" {
		t.Errorf("%v users are left", n)
	}
}
