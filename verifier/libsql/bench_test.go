package libsql_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

const batchSize = 10_000

func BenchmarkBatchOfTenThousandStatements(b *testing.B) {
	const sql = "SELECT u.id, u.name FROM users u JOIN orders o ON o.uid = u.id WHERE u.org = ?"
	body := `{"requests":[{"type":"batch","batch":{"steps":[` +
		strings.Repeat(`{"condition":{"type":"ok","step":0},"stmt":{"sql":"`+sql+`","args":[{"type":"integer","value":"12345"}]}},`, batchSize-1) +
		`{"stmt":{"sql":"select 1"}}]}},{"type":"close"}]}`
	server := &site{baton: "b"}
	locks := server.pipelineAnswer([]byte(`{"requests":[` + lockText + `]}`))
	answer := server.pipelineAnswer([]byte(`{"requests":[` + lockText + `,{"type":"get_autocommit"},{"type":"close"}]}`))
	for _, credential := range []string{"read", "full"} {
		b.Run(credential, func(b *testing.B) {
			gate := newGate(b, libsql.Options{})
			next := func(w http.ResponseWriter, r *http.Request, _ *token.Grant) error {
				n, err := io.Copy(io.Discard, r.Body)
				if n < batchSize {
					_, _ = io.WriteString(w, locks)
				} else {
					_, _ = io.WriteString(w, answer)
				}
				return err
			}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "/v3/pipeline", strings.NewReader(body))
				r.Header.Set("Authorization", "Bearer "+credential)
				if _, err := gate.Handle(httptest.NewRecorder(), r, "my-db", next); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
