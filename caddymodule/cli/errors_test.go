package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer/keyring"
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

func TestTheSentencesOfTheAdminEndpointAreItsOwn(t *testing.T) {
	source, err := os.ReadFile("../admin.go")
	if err != nil {
		t.Fatal(err)
	}
	for title := range adminSentences {
		if title != keyring.ErrStatic.Error() && !strings.Contains(string(source), strconv.Quote(title)) {
			t.Errorf("the admin endpoint never says %q", title)
		}
	}
}
