package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
)

func TestARevocationThatFailsHalfWaySaysWhatIsRevoked(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		if r.Method == http.MethodDelete && id == "token_third" {
			refuse(w, 503, `{"error":"Unavailable","message":"The store is away.","code":"STORE_UNAVAILABLE","request_id":"1"}`)
			return
		}
		fmt.Fprintf(w, `{"id":%q,"status":"active"}`, id)
	}))
	defer server.Close()
	said, err := run(t, "en", "", "usertoken", "revoke", "token_first", "token_second", "token_third", "--yes", "--json", "--server", server.URL)
	if err == nil || !strings.Contains(strings.Join(strings.Fields(said), ""), `"ids":["token_first","token_second"]`) {
		t.Errorf("%v, said %q", err, said)
	}
}
