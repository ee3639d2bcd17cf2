package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
)

func TestVerifyAsksNoDoorForATokenThatIsAtTheOther(t *testing.T) {
	for name, c := range map[string]struct{ prefix, introspected, path string }{
		"a developer token":                {"jt", `{"active":true,"family":"developer"}`, "/devtokens/"},
		"a user token":                     {"token", `{"active":true,"family":"user"}`, "/api/tokens/"},
		"one with a prefix of its own":     {"acme", `{"active":true,"family":"user"}`, "/api/tokens/"},
		"a developer token that is over":   {"jt", `{"active":false}`, "/devtokens/"},
		"a user token that is over":        {"token", `{"active":false}`, "/api/tokens/"},
		"a prefix that the other door has": {"token", `{"active":true,"family":"developer"}`, "/devtokens/"},
	} {
		t.Run(name, func(t *testing.T) {
			credential, id := token.NewOpaque(c.prefix)
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path != "/oauth/introspect":
					asked = append(asked, r.URL.Path)
					_ = json.NewEncoder(w).Encode(map[string]string{"id": id, "status": "revoked"})
				case r.Method == http.MethodGet:
					refuse(w, 405, `{"error":"Method not allowed","message":"POST only.","code":"METHOD_NOT_ALLOWED"}`)
				default:
					_, _ = io.WriteString(w, c.introspected)
				}
			}))
			defer server.Close()
			if said, _ := run(t, "en", credential, "verify", "--server", server.URL); !slices.Equal(asked, []string{c.path + id}) {
				t.Errorf("asked %q, said %q", asked, said)
			}
		})
	}
}

func TestARotationOfTheUpstreamKeySaysWhatIsToBeDone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"k","active_from":"2030-01-02T03:04:05Z"}`)
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	for args, want := range map[string]bool{"keys rotate --upstream": true, "keys rotate": false} {
		said, err := run(t, "en", "", append(strings.Fields(args), "--address", address)...)
		if err != nil || strings.Contains(said, "restart the libSQL server") != want {
			t.Errorf("%s: %v, said %q", args, err, said)
		}
	}
}
