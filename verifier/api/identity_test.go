package api

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/token"
)

// identityOf lists the headers that anybody might take for one of ours.
func identityOf(h http.Header) http.Header {
	found := http.Header{}
	for name, values := range h {
		folded := strings.Map(func(r rune) rune {
			if r == '_' || r == '.' || r == '~' || r == '!' {
				return '-'
			}
			return r
		}, strings.ToLower(name))
		if strings.HasPrefix(folded, "x-token-") {
			found[name] = values
		}
	}
	return found
}

func TestTheAPILearnsWhoseRequestItIs(t *testing.T) {
	g := newGate(t, func(o *Options) {
		o.Families = []token.Family{token.Developer, token.User, token.Database}
	})
	for credential, want := range map[string]http.Header{
		"plain": {
			"X-Token-Id": {"jt_plain"}, "X-Token-Family": {"developer"}, "X-Token-Subject": {"my-app"},
			"X-Token-Scopes": {"*"}, "X-Token-Note": {"MyApp API Integration"},
		},
		"user": {
			"X-Token-Id": {"token_user"}, "X-Token-Family": {"user"}, "X-Token-Subject": {"user_123-abc@example.com"},
			"X-Token-Scopes": {"read write"},
		},
		"database": {"X-Token-Id": {"abc"}, "X-Token-Family": {"database"}, "X-Token-Subject": {"database/my-org/my-db"}},
	} {
		for range 2 { // a new plan, and a known one
			if got := identityOf(passes(t, g, request("GET", "/", credential, "")).Header); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, want %v", credential, got, want)
			}
		}
	}
}

var spoofed = []string{
	"X-Token-Id", "x-token-id", "X-TOKEN-ID", "X_Token_Id", "x_token_id", "X-Token_Id", "X.Token.Id", "X~Token!Id",
	"X-Token-Subject", "X_TOKEN_SUBJECT", "X-Token-Scopes", "x_token-scopes", "X-Token-Note", "X-Token-Family", "x.token.family",
}

func TestSpoofedHeadersNeverReachTheAPI(t *testing.T) {
	s := newSite(t, func(o *Options) { o.AllowAnonymous = true })
	s.server.Start()
	for _, name := range spoofed {
		head := "GET /?a=1 HTTP/1.1\nHost: a\nConnection: close\n" + name + ": root\n" + name + ": admin\n"
		if got := identityOf(s.send(head + "\n").header); len(got) != 0 {
			t.Errorf("%s: an anonymous request arrived as %v", name, got)
		}
		got := identityOf(s.send(head + "Authorization: Bearer user\n\n").header)
		if len(got) != 4 || got.Get("X-Token-Id") != "token_user" || strings.Contains(strings.Join(got["X-Token-Note"], ""), "root") {
			t.Errorf("%s: arrived as %v", name, got)
		}
	}
}

func TestOurHeadersCannotBeDroppedByTheConnectionHeader(t *testing.T) {
	g := newGate(t)
	r := passes(t, g, request("GET", "/", "plain", "", "Connection", "close, X-Token-Id , x_token_scopes,Keep-Alive", "Connection", "x-token-subject", "Connection", "Upgrade"))
	if got := strings.Join(r.Header["Connection"], ";"); got != "close,Keep-Alive;;Upgrade" {
		t.Errorf("Connection: %q", got)
	}
}

func TestSpoofedTrailersNeverReachTheAPI(t *testing.T) {
	s := newSite(t)
	s.server.Start()
	const head = "POST / HTTP/1.1\nHost: a\nConnection: close\nAuthorization: Bearer plain\nTransfer-Encoding: chunked\n"
	for name, text := range map[string]string{
		"announced":   head + "Trailer: X-Token-Id, X-Checksum\n\n3\nabc\n0\nX-Token-Id: root\nX-Checksum: 1\n\n",
		"unannounced": head + "\n3\nabc\n0\nX_Token_Id: root\nX-Token-Scopes: *\nAuthorization: Bearer other\nX-Checksum: 1\n\n",
	} {
		got := s.send(text)
		if want := (http.Header{"X-Checksum": {"1"}}); !reflect.DeepEqual(got.trailer, want) || got.body != "abc" {
			t.Errorf("%s: body %q, trailers %v", name, got.body, got.trailer)
		}
	}
}

func TestSpoofedTrailersOfHTTP2NeverReachTheAPI(t *testing.T) {
	s := newSite(t)
	s.server.StartTLS()
	client := s.server.Client()
	client.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"h2"}
	client.Transport.(*http.Transport).TLSClientConfig.MinVersion = tls.VersionTLS12
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.server.URL, struct{ *bytes.Reader }{bytes.NewReader([]byte("abc"))})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = -1
	r.Header.Set("Authorization", "Bearer plain")
	r.Trailer = http.Header{"X-Token-Id": {"root"}, "X-Checksum": {"1"}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if got := s.seen[0]; response.ProtoMajor != 2 || got.trailer.Get("X-Checksum") != "1" || len(identityOf(got.trailer)) != 0 {
		t.Errorf("%s: trailers %v", response.Proto, got.trailer)
	}
}

func TestTheCredentialStaysHereUnlessItIsAskedFor(t *testing.T) {
	if r := passes(t, newGate(t), request("GET", "/", "plain", "")); r.Header["Authorization"] != nil {
		t.Errorf("forwarded %q", r.Header["Authorization"])
	}
	g := newGate(t, func(o *Options) { o.ForwardCredential = true })
	if r := passes(t, g, request("GET", "/", "plain", "")); r.Header.Get("Authorization") != "Bearer plain" {
		t.Errorf("forwarded %q", r.Header["Authorization"])
	}
}

func TestNoTextOfATokenCanWriteAHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"a\r\nX-Token-Id: root", " edge ", "100% 曲", "\x00\x7f", "\xff"})).Draw(t, "text")
		i := newIdentity(&token.Grant{ID: "id", Family: token.User, Holder: text, Note: text, Scopes: []string{text, "b"}})
		for _, value := range []string{i.note, i.subject} {
			if again, err := url.PathUnescape(value); err != nil || again != text || strings.TrimSpace(value) != value || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q was written as %q", text, value)
			}
		}
		first, second, _ := strings.Cut(i.scopes, " ")
		if again, err := url.PathUnescape(first); err != nil || again != text || second != "b" {
			t.Errorf("scope %q was written as %q", text, i.scopes)
		}
	})
}

func TestAScopeWithTheNameOfAllScopesIsNotAll(t *testing.T) {
	if i := newIdentity(&token.Grant{Family: token.User, Scopes: []string{"*"}}); i.scopes != "%2A" {
		t.Errorf("got %q", i.scopes)
	}
}
