package cli

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const adminKey = "an-admin-key-of-a-test"

func TestTheAdminKeyGoesToNoOtherHost(t *testing.T) {
	t.Setenv(keyName, adminKey)
	var stolen []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stolen = append(stolen, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	c, err := textsIn("en").connect(target{server: first.URL}, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.door(t.Context(), request{method: http.MethodGet, path: "/devtokens"}); err == nil {
		t.Error("a redirect is taken for an answer")
	}
	if len(stolen) > 0 {
		t.Errorf("the redirect was followed with %q", stolen)
	}
}

func TestAServerWithoutTLSIsRefused(t *testing.T) {
	t.Setenv(keyName, adminKey)
	for _, server := range []string{
		"http://tokens.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com", "ftp://127.0.0.1", "tokens.example.com", "https://", "//x",
	} {
		_, err := textsIn("en").connect(target{server: server}, strings.NewReader(""))
		if p, ok := errors.AsType[*problem](err); !ok || p.code != exitUsage {
			t.Errorf("%s: got %v", server, err)
		}
	}
}

func TestTheExitCodeTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{errors.New("anything"), exitError},
		{&refusedError{Status: http.StatusUnauthorized}, exitAuth},
		{&refusedError{Status: http.StatusForbidden}, exitAuth},
		{&refusedError{Status: http.StatusNotFound}, exitError},
		{&problem{exitUsage, "usage"}, exitUsage},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: got %d, want %d", c.err, got, c.want)
		}
	}
}

func TestNoFlagTakesASecret(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			switch f.Name {
			case "key", "token", "secret", "password", "admin-key":
				t.Errorf("%s has --%s", cmd.CommandPath(), f.Name)
			}
		})
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	for _, cmd := range Commands() {
		walk(cmd)
	}
}

func TestAReplyThatIsNoJSONIsARefusalAllTheSame(t *testing.T) {
	t.Setenv(keyName, adminKey)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	}))
	defer server.Close()
	c, err := textsIn("en").connect(target{server: server.URL}, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.door(t.Context(), request{method: http.MethodGet, path: "/devtokens"}); !isRefusal(err, http.StatusBadGateway) {
		t.Errorf("got %v", err)
	}
}
