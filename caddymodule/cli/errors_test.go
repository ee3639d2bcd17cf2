package cli

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

func TestWhatTheAdminEndpointSaysIsSaidInTheLanguageOfTheReader(t *testing.T) {
	for title, key := range adminSentences {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotFound, `{"error":`+strconv.Quote(title)+`}`)
		}))
		for _, language := range languages {
			for _, command := range []string{"devtoken", "keys"} {
				said, err := run(t, language, "", command, "list", "--address", server.Listener.Addr().String())
				if want := textsIn(language).of(key) + "\n"; err == nil || said != want {
					t.Errorf("%s in %s: %v, said %q, want %q", command, language, err, said, want)
				}
			}
		}
		server.Close()
	}
}

func TestWhatIsWrongWithAServerIsSaidWithWhatToDo(t *testing.T) {
	refusing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, `{"error":"Not found","message":"There is no door at this path.","code":"NOT_FOUND"}`)
	})
	plain, secure := httptest.NewServer(refusing), httptest.NewTLSServer(refusing)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer plain.Close()
	defer secure.Close()
	for server, want := range map[string]string{
		plain.URL + "/v1/":                       "Try it without: " + plain.URL + "\n",
		plain.URL:                                "There is no door at this path. (NOT_FOUND, request )\n",
		secure.URL:                               "`sekisho trust` makes it trusted.",
		strings.TrimPrefix(plain.URL, "http://"): "Write it like https://",
	} {
		said, err := run(t, "en", "", "devtoken", "list", "--server", server)
		if err == nil || !strings.Contains(said, want) {
			t.Errorf("%s: %v, said %q, want %q", server, err, said, want)
		}
	}
}
