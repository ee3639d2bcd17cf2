package hrana_test

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

var (
	text  = rapid.String()
	index = rapid.Ptr(rapid.Uint64(), true)
	blob  = rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) []byte { return append([]byte{}, b...) })
	value = rapid.OneOf(
		rapid.Just[hrana.Value](nil), rapid.Map(rapid.Int64(), asValue), rapid.Map(rapid.Float64(), asValue),
		rapid.Map(text, asValue), rapid.Map(blob, asValue), rapid.SampledFrom([]hrana.Value{1e308, 5e-324, int64(math.MaxInt64)}),
	)
	sqlText = rapid.Custom(func(t *rapid.T) hrana.Text {
		if id := rapid.Ptr(rapid.Int32(), true).Draw(t, "id"); id != nil {
			return hrana.Text{Stored: id}
		}
		return hrana.Text{SQL: text.Draw(t, "sql")}
	})
	stmt = rapid.Custom(func(t *rapid.T) hrana.Stmt {
		return hrana.Stmt{
			Text: sqlText.Draw(t, "text"), Args: some(value).Draw(t, "args"),
			NamedArgs: some(rapid.Custom(func(t *rapid.T) hrana.NamedArg {
				return hrana.NamedArg{Name: text.Draw(t, "name"), Value: value.Draw(t, "value")}
			})).Draw(t, "named"),
			WantRows: rapid.Ptr(rapid.Bool(), true).Draw(t, "rows"), ReplicationIndex: index.Draw(t, "index"),
		}
	})
	batch = rapid.Custom(func(t *rapid.T) hrana.Batch {
		return hrana.Batch{
			Steps: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) hrana.Step {
				return hrana.Step{Condition: rapid.Ptr(condition(3), true).Draw(t, "condition"), Stmt: stmt.Draw(t, "stmt")}
			}), 0, 4).Draw(t, "steps"),
			ReplicationIndex: index.Draw(t, "index"),
		}
	})
	request = rapid.Custom(func(t *rapid.T) hrana.Request {
		return rapid.SampledFrom([]hrana.Request{
			hrana.Close{},
			hrana.GetAutocommit{},
			hrana.CloseSQL{ID: rapid.Int32().Draw(t, "id")},
			hrana.StoreSQL{ID: rapid.Int32().Draw(t, "id"), SQL: text.Draw(t, "sql")},
			hrana.Execute{Stmt: stmt.Draw(t, "stmt")},
			hrana.RunBatch{Batch: batch.Draw(t, "batch")},
			hrana.Sequence{Text: sqlText.Draw(t, "text"), ReplicationIndex: index.Draw(t, "index")},
			hrana.Describe{Text: sqlText.Draw(t, "text"), ReplicationIndex: index.Draw(t, "index")},
		}).Draw(t, "request")
	})
)

func asValue[T any](v T) hrana.Value { return v }

// some is a short list, nil when empty, as a decoder leaves it.
func some[T any](g *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Map(rapid.SliceOfN(g, 0, 3), func(list []T) []T { return append([]T(nil), list...) })
}

func condition(depth int) *rapid.Generator[hrana.Condition] {
	return rapid.Custom(func(t *rapid.T) hrana.Condition {
		kinds := []hrana.ConditionKind{hrana.StepOK, hrana.StepError, hrana.IsAutocommit, hrana.Not, hrana.And, hrana.Or}
		if depth == 0 {
			kinds = kinds[:3]
		}
		c := hrana.Condition{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		switch c.Kind {
		case hrana.StepOK, hrana.StepError:
			c.Step = rapid.Uint32().Draw(t, "step")
		case hrana.Not:
			c.Of = []hrana.Condition{condition(depth-1).Draw(t, "of")}
		case hrana.And, hrana.Or:
			c.Of = append([]hrana.Condition{}, rapid.SliceOfN(condition(depth-1), 0, 3).Draw(t, "of")...)
		}
		return c
	})
}

// ample has limits that no generated model reaches.
var ample = hrana.JSON{MaxSteps: 10_000}

// comesBack encodes and decodes, and wants the same model.
func comesBack[T any](t *rapid.T, model T, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	body, err := encode(model)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(body)
	if err != nil || !reflect.DeepEqual(got, model) {
		t.Fatalf("%s\ngot  %+v\nwant %+v\nerror %v", body, got, model, err)
	}
}

func TestEveryPipelineComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &hrana.Pipeline{Baton: text.Draw(t, "baton"), Requests: rapid.SliceOfN(request, 0, 5).Draw(t, "requests")}
		comesBack(t, p, codec.EncodePipeline, ample.DecodePipeline)
	})
}

func TestEveryCursorComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &hrana.Cursor{Baton: text.Draw(t, "baton"), Batch: batch.Draw(t, "batch")}
		comesBack(t, c, codec.EncodeCursor, ample.DecodeCursor)
	})
}

func TestEveryLegacyBodyComesBackAsItWas(t *testing.T) {
	statement := rapid.Custom(func(t *rapid.T) hrana.Stmt {
		s := hrana.Stmt{Text: hrana.Text{SQL: text.Draw(t, "sql")}}
		if rapid.Bool().Draw(t, "named") {
			s.NamedArgs = []hrana.NamedArg{{Name: text.Draw(t, "name"), Value: value.Draw(t, "value")}}
		} else {
			s.Args = some(value).Draw(t, "args")
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		l := &hrana.Legacy{Statements: rapid.SliceOfN(statement, 0, 5).Draw(t, "statements"), ReplicationIndex: index.Draw(t, "index")}
		comesBack(t, l, codec.EncodeLegacy, ample.DecodeLegacy)
	})
}

func TestANegativeZeroKeepsItsSign(t *testing.T) {
	s := &hrana.Stmt{Args: []hrana.Value{math.Copysign(0, -1)}}
	body, err := codec.EncodeExecute(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.DecodeExecute(body)
	if err != nil || !math.Signbit(got.Args[0].(float64)) {
		t.Errorf("%s: %v, %v", body, got, err)
	}
}

func TestWhatJSONHasNoNumberForIsNotWritten(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if body, err := codec.EncodeExecute(&hrana.Stmt{Args: []hrana.Value{f}}); err == nil {
			t.Errorf("%v was written as %s", f, body)
		}
	}
}

// FuzzDecode holds every decoder to this: what it accepts is written so that it
// is read as the same again, and nothing makes it panic.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"requests":[{"type":"execute","stmt":{"sql":"select 1","args":[{"type":"float","value":1.5}],"want_rows":true}},{"type":"close"}]}`,
		`{"baton":"b","requests":[{"type":"store_sql","sql_id":1,"sql":"x"},{"sql_id":1,"type":"sequence"},{"type":"describe","sql":"y","replication_index":"3"}]}`,
		`{"batch":{"steps":[{"condition":{"type":"not","cond":{"type":"ok","step":0}},"stmt":{"sql":"a","named_args":[{"name":":x","value":{"type":"blob","base64":"aGk="}}]}}]}}`,
		`{"stmt":{"sql":"a","args":[{"type":"integer","value":"-9223372036854775808"},{"type":"text","value":"\u0000"}]}}`,
		`{"statements":["a",{"q":"b","params":{"$x":{"base64":"aGk"}}},{"q":"c","params":[1,-0,1e20,null,true]}],"replication_index":1}`,
		`{"statements":[{"q":"a","params":[100000000000000000000]}]}`,
		`[null,[["execute",{"sql":"a"}]]]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for name, recoded := range doors {
			once, err := recoded(body)
			if err != nil {
				continue
			}
			if twice, err := recoded(once); err != nil || twice != once {
				t.Errorf("%s: %s became %s, error %v", name, once, twice, err)
			}
		}
	})
}
