package libsql_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// FuzzCalls sends messages that nobody can trust: what goes on holds one client
// id, of the gate's, and no text that the rule refuses.
func FuzzCalls(f *testing.F) {
	forbidden := "SELECT readfile(x)"
	for _, message := range [][]byte{
		program("SELECT 1"), program("SELECT 1", forbidden), append(program(forbidden), program("SELECT 1")...),
		field(nil, 2, forbidden), field(field(nil, 1, "a"), 1, "b"),
		{0x0b, 0x0a, 0x01, 'x', 0x0c},
		{0x8a, 0x80, 0x00, 0x01, 'x'},
	} {
		f.Add("Execute", message)
		f.Add("Describe", message)
		f.Add("Disconnect", message)
	}
	f.Fuzz(func(t *testing.T, method string, message []byte) {
		if !strings.Contains("Execute Describe Disconnect", method) {
			return
		}
		gate := newGate(t, libsql.Options{Allow: allowAll, Untrusted: true})
		r := httptest.NewRequest(http.MethodPost, proxied+"Execute", bytes.NewReader(framed(message)))
		r.URL.Path = proxied + method
		r.Header = http.Header{"Content-Type": {webType}, "Authorization": {"Bearer full"}}
		_, _ = gate.Handle(httptest.NewRecorder(), r, "my-db", func(_ http.ResponseWriter, r *http.Request, _ *token.Grant) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			client, _ := ownClientOf(t, string(body))
			if !uuid.MatchString(client) {
				t.Errorf("%q went on as %q", message, body)
			}
			if method != "Disconnect" && reads(body[5:], map[string][]protowire.Number{"Execute": {2, 1, 2, 1}, "Describe": {2}}[method], "readfile(") {
				t.Errorf("%q went on as %q", message, body)
			}
			return nil
		})
	})
}

// reads reports whether a reader of protobuf finds a call of a function in the
// SQL at a path. SQL with quotes or comments, where it may be none, does not count.
func reads(message []byte, path []protowire.Number, text string) bool {
	if len(path) == 0 {
		sql := string(message)
		return strings.Contains(sql, text) && !strings.ContainsAny(sql, `'"[`+"`") && !strings.Contains(sql, "/*") && !strings.Contains(sql, "--")
	}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeField(message)
		if n < 0 {
			return false
		}
		if number == path[0] && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(message)
			held, _ := protowire.ConsumeBytes(message[tag:])
			if reads(held, path[1:], text) {
				return true
			}
		}
		message = message[n:]
	}
	return false
}
