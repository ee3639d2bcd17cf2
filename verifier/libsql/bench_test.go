package libsql_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// joined is a statement of the size that applications send.
const joined = "SELECT u.id, u.name FROM users u JOIN orders o ON o.uid = u.id WHERE u.org = ?"

// batchOf is a pipeline with one batch of n statements.
func batchOf(n int) string {
	return `{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"` + joined + `","args":[{"type":"integer","value":"12345"}]}}` +
		strings.Repeat(`,{"condition":{"type":"ok","step":0},"stmt":{"sql":"`+joined+`","args":[{"type":"integer","value":"12345"}]}}`, n-1) +
		`]}},{"type":"close"}]}`
}

// pass copies in pieces of 32 kB, as proxies do.
func pass(w io.Writer, r io.Reader) {
	_, _ = io.Copy(struct{ io.Writer }{w}, struct{ io.Reader }{r})
}

// benchmark sends a body through a gate to a server that answers at once. What is
// measured is all that the gate adds to a request, and nothing else.
func benchmark(b *testing.B, credential, path, body, answer string) {
	b.Helper()
	gate := newGate(b, libsql.Options{})
	locks := (&site{baton: "b"}).pipelineAnswer([]byte(`{"requests":[` + lockText + `]}`))
	answered := []byte(answer)
	next := func(w http.ResponseWriter, r *http.Request, _ *token.Grant) error {
		n, err := io.Copy(io.Discard, r.Body)
		if alone := n <= int64(len(lockText)+len(`{"requests":[]}`)); alone && credential == "read" {
			_, _ = io.WriteString(w, locks)
			return err
		}
		pass(w, bytes.NewReader(answered))
		return err
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+credential)
		if _, err := gate.Handle(&counting{header: http.Header{}}, r, "my-db", next); err != nil {
			b.Fatal(err)
		}
	}
}

// answerTo is what the server answers to as many requests, behind the lock if
// the token is read-only.
func answerTo(credential string, requests int) string {
	body := strings.TrimSuffix(strings.Repeat(`{"type":"get_autocommit"},`, requests), ",")
	if credential == "read" {
		body = lockText + "," + body
	}
	return (&site{baton: "b"}).pipelineAnswer([]byte(`{"requests":[` + body + `]}`))
}

// names of the credentials in the benchmarks.
var access = map[string]string{"read": "read-only", "full": "full-access"}

func BenchmarkPipelineOf1000(b *testing.B) { benchmarkBatch(b, 1000) }

func BenchmarkPipelineOf10000(b *testing.B) { benchmarkBatch(b, 10_000) }

func benchmarkBatch(b *testing.B, n int) {
	b.Helper()
	for credential, name := range access {
		b.Run(name, func(b *testing.B) {
			benchmark(b, credential, "/v3/pipeline", batchOf(n), answerTo(credential, 2))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/statement")
		})
	}
}

func BenchmarkSelectOf10kB(b *testing.B) {
	condition := " OR u.name LIKE 'a name of some length %' AND u.id IN (1, 2, 3, 4)"
	sql := joined + strings.Repeat(condition, (10_000-len(joined))/len(condition))
	body := `{"requests":[{"type":"execute","stmt":{"sql":` + strconv.Quote(sql) + `,"args":[{"type":"integer","value":"1"}]}},{"type":"close"}]}`
	for credential, name := range access {
		b.Run(name, func(b *testing.B) { benchmark(b, credential, "/v2/pipeline", body, answerTo(credential, 2)) })
	}
}

// BenchmarkFullAccess10MB passes as much, each way in turn: the memory that is
// allocated is that of the pieces, whatever the size of the whole.
func BenchmarkFullAccess10MB(b *testing.B) {
	const size = 10_000_000
	row := `[{"type":"text","value":"` + strings.Repeat("x", 1000) + `"}],`
	rows := `[` + strings.TrimSuffix(strings.Repeat(row, size/len(row)), ",") + `]`
	question := `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}`
	answer := `{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"execute","result":{"cols":[],"rows":` + rows + `}}},{"type":"ok","response":{"type":"close"}}]}`
	statement := `{"type":"execute","stmt":{"sql":"INSERT INTO t VALUES ('` + strings.Repeat("x", 1000) + `')"}},`
	long := `{"requests":[` + strings.Repeat(statement, size/len(statement)) + `{"type":"close"}]}`
	b.Run("request", func(b *testing.B) { benchmark(b, "full", "/v2/pipeline", long, answerTo("full", 1)) })
	b.Run("answer", func(b *testing.B) {
		benchmark(b, "full", "/v2/pipeline", question, answer)
		b.SetBytes(int64(len(answer)))
	})
}
