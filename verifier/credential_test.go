package verifier

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// request is a GET with headers, given as name and value in turn.
func request(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestAuthorizationHeader(t *testing.T) {
	long := strings.Repeat("a", token.MaxJWTLength)
	for _, c := range []struct {
		name, header, want string
	}{
		{"as written in the RFC", "Bearer abc.DEF-123_~+/==", "abc.DEF-123_~+/=="},
		{"scheme in lower case", "bearer abc", "abc"},
		{"scheme in upper case", "BEARER abc", "abc"},
		{"as long as allowed", "Bearer " + long, long},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := Credential(request("Authorization", c.header)); got != c.want || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestAuthorizationHeadersThatAreRefused(t *testing.T) {
	const form = `{"error":"Invalid authorization header","message":"Authorization header must be in format: Bearer <token>","code":"AUTH_HTTP_HEADER_INVALID"}`
	for name, header := range map[string]string{
		"empty": "", "only the scheme": "Bearer", "scheme and a space": "Bearer ", "no scheme": "abc.def.ghi",
		"Basic": "Basic dXNlcjpwYXNz", "Token": "Token abc", "a longer scheme": "Bearers abc", "a colon": "Bearer: abc",
		"a Unicode scheme that folds to ours": "Bea\u0280er abc", "a space in front": " Bearer abc", "two spaces": "Bearer  abc", "a tab": "Bearer\tabc", "a space and a tab": "Bearer \tabc",
		"a space behind": "Bearer abc ", "two tokens": "Bearer abc def", "two in a list": "Bearer abc, Bearer def", "a comma": "Bearer abc,def",
		"in quotes": `Bearer "abc"`, "only padding": "Bearer ==", "padding inside": "Bearer ab=c", "a zero byte": "Bearer abc\x00",
		"a line break": "Bearer abc\r\nX: y", "beyond ASCII": "Bearer äbc", "a percent": "Bearer abc%2e",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Credential(request("Authorization", header))
			if got != "" || reasonOf(err) != refusal.Malformed || !strings.HasSuffix(answer(err), form) {
				t.Errorf("got %q and %s", got, answer(err))
			}
		})
	}
	t.Run("too long", func(t *testing.T) {
		_, err := Credential(request("Authorization", "Bearer "+strings.Repeat("a", token.MaxJWTLength+1)))
		if answer(err) != invalidAnswer {
			t.Errorf("answer: %s", answer(err))
		}
	})
}

func TestRequestWithoutCredential(t *testing.T) {
	const want = "401 Unauthorized\n" +
		`{"Cache-Control":["no-store"],"Content-Language":["en"],"Content-Type":["application/json"],"Vary":["Accept-Language"],"Www-Authenticate":["Bearer realm=\"sekisho\""]}` + "\n" +
		`{"error":"No authorization header","message":"Authorization header is required","code":"AUTH_HTTP_HEADER_MISSING"}`
	for name, r := range map[string]*http.Request{
		"bare":                              request(),
		"a token where we do not look":      request("X-Authorization", "Bearer abc"),
		"a token in the query":              httptest.NewRequest(http.MethodGet, "/?access_token=abc", nil),
		"a token in a cookie":               request("Cookie", "jwt=abc"),
		"a token in the WebSocket protocol": request("Sec-WebSocket-Protocol", "bearer, abc"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Credential(r); answer(err) != want {
				t.Errorf("answer\n%s\nwant\n%s", answer(err), want)
			}
		})
	}
}

func TestTwoCredentialsAreRefusedWhicheverIsGood(t *testing.T) {
	const want = `{"error":"Invalid request","message":"The request carries more than one credential. ` +
		`Send one Authorization header and no other.","code":"AUTH_MULTIPLE_CREDENTIALS"}`
	check := func(name string, r *http.Request) {
		t.Run(name, func(t *testing.T) {
			got, err := Credential(r)
			status, challenge := refusal.From(err).Status, refusal.From(err).Challenge
			if got != "" || status != 400 || !strings.HasPrefix(challenge, `Bearer realm="sekisho", error="invalid_request"`) {
				t.Errorf("got %q, status %d, challenge %s", got, status, challenge)
			}
			if !strings.HasSuffix(answer(err), want) {
				t.Errorf("answer: %s", answer(err))
			}
		})
	}
	check("two headers", request("Authorization", "Bearer abc", "Authorization", "Bearer def"))
	check("the same header twice", request("Authorization", "Bearer abc", "Authorization", "Bearer abc"))
	check("an empty one first", request("Authorization", "", "Authorization", "Bearer def"))
	check("Basic beside Bearer", request("Authorization", "Bearer abc", "Authorization", "Basic dXNlcg=="))
	for _, name := range []string{"X-Authorization", "Proxy-Authorization", "X-Proxy-Authorization", "X-API-Key", "X-Auth-Token", "X-Access-Token"} {
		check(name, request("Authorization", "Bearer abc", name, "def"))
	}
	for _, protocols := range []string{"bearer, abc", "hrana3, Bearer.abc", "base64url.bearer.authorization.k8s.io.abc", "eyJhbGciOiJFZERTQSJ9.e30.x", "access_token"} {
		check("WebSocket protocol "+protocols, request("Authorization", "Bearer abc", "Sec-WebSocket-Protocol", protocols))
	}
	for _, cookie := range []string{"jwt=x", "a=b; access_token=x", "a=b;authToken=x", "auth_token = x"} {
		check("cookie "+cookie, request("Authorization", "Bearer abc", "Cookie", cookie))
	}
	for _, query := range []string{
		"access_token=x", "a=b&authToken=x", "auth_token=x", "JWT=x", "jwt", "jwt=", "%6Awt=x", "a=b;jwt=x", "a=%zz&jwt=x",
	} {
		r := request("Authorization", "Bearer abc")
		r.URL.RawQuery = query
		check("query "+query, r)
	}
}

func TestOrdinaryRequestsAreNotMistakenForTwoCredentials(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"a WebSocket upgrade":       request("Sec-WebSocket-Protocol", "hrana3, hrana2", "Upgrade", "websocket"),
		"a protocol with a version": request("Sec-WebSocket-Protocol", "wamp.2.json"),
		"a session cookie":          request("Cookie", "session=abc; theme=dark; jwt_hint=1"),
		"Turso's client header":     request("X-Turso-Encryption-Key", "k"),
		"a query":                   httptest.NewRequest(http.MethodGet, "/?q=jwt&sort=access_token&page_token=2", nil),
		"a query that is broken":    httptest.NewRequest(http.MethodGet, "/?%zz", nil),
	} {
		t.Run(name, func(t *testing.T) {
			r.Header.Set("Authorization", "Bearer abc")
			if got, err := Credential(r); got != "abc" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func FuzzCredential(f *testing.F) {
	for _, header := range []string{"Bearer abc", "bearer a.b.c", "Bearer  abc", "Basic x", "", "Bearer a=b", "Bearer ä", "BEARER ~+/=="} {
		f.Add(header, "", "")
	}
	f.Add("Bearer abc", "access_token=x", "jwt=x")
	f.Add("Bearer abc", "%6awt", "a=b; c=d")
	f.Fuzz(func(t *testing.T, header, query, cookie string) {
		r := request("Authorization", header, "Cookie", cookie)
		r.URL.RawQuery = query
		got, err := Credential(r)
		if err != nil {
			if got != "" || reasonOf(err) == "" {
				t.Fatalf("got %q and %v", got, err)
			}
			return
		}
		if got == "" || len(header) != len("Bearer ")+len(got) || header[6:] != " "+got || strings.ContainsAny(got, " \t\r\n,;\"\x00") {
			t.Fatalf("took %q from %q", got, header)
		}
		if r.URL.Query().Has("access_token") || r.URL.Query().Has("jwt") || len(r.CookiesNamed("jwt")) > 0 {
			t.Fatalf("a second credential in %q or %q was passed over", query, cookie)
		}
	})
}
