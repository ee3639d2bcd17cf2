package token

import (
	"errors"
	"path"
	"strings"
	"testing"
)

func TestRoutesMatchWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		route, method, path string
		want                bool
	}{
		{"/v1/songs", "GET", "/v1/songs", true},
		{"/v1/songs", "DELETE", "/v1/songs", true},
		{"/v1/songs", "GET", "/v1/songs/", false},
		{"/v1/songs", "GET", "/v1/songsters", false},
		{"/v1/songs", "GET", "/V1/songs", false},
		{"/v1/*", "GET", "/v1/songs", true},
		{"/v1/*", "GET", "/v1/songs/7", true},
		{"/v1/*", "GET", "/v1/", true},
		{"/v1/*", "GET", "/v1", false},
		{"/v1/*", "GET", "/v10/songs", false},
		{"/*", "GET", "/", true},
		{"/*", "GET", "/anything/at/all", true},
		{"/", "GET", "/", true},
		{"/", "GET", "/x", false},
		{"GET /v1/*", "GET", "/v1/songs", true},
		{"GET /v1/*", "HEAD", "/v1/songs", false},
		{"GET /v1/*", "get", "/v1/songs", false},
	} {
		r, err := ParseRoute(c.route)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Matches(c.method, c.path); got != c.want {
			t.Errorf("%q with %s %s: %t", c.route, c.method, c.path, got)
		}
	}
}

func TestRoutesThatAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "*", "v1", "/v1*", "/v1/*/x", "/**", "//", "/a//b", "/a/../b", "/a/.", "/a%2fb", `/a\b`, "/a;b", "/a?b", "/a#b", "/a\nb", "/\xff",
		"get /v1", " /v1", "GET  /v1", "GET", "G\x00T /v1", strings.Repeat("A", 33) + " /v1",
	} {
		if r, err := ParseRoute(s); !errors.Is(err, ErrRoute) {
			t.Errorf("%q was read as %+v", s, r)
		}
	}
}

func TestPathsThatCouldBeAnotherPathAreNotPlain(t *testing.T) {
	for _, escaped := range []string{
		"", "v1", "*", "/v1/../admin", "/v1/..", "/v1/./x", "/v1//x", "//v1", "/v1/%2e%2e/admin", "/v1/%2E./admin", "/v1%2fadmin", "/v1%2Fadmin",
		"/v1/%5c..%5cadmin", `/v1\admin`, "/v1/..;/admin", "/v1;a=b/x", "/v1/%252e%252e/admin", "/v1/%00", "/v1/%0a", "/v1/%ff", "/v1/%zz", "/v1/%3fx", "/v1/%23x",
	} {
		if path, ok := PlainPath(escaped); ok {
			t.Errorf("%q is plain: %q", escaped, path)
		}
	}
	for escaped, want := range map[string]string{
		"/": "/", "/v1/": "/v1/", "/v1/a%20b": "/v1/a b", "/v1/%E6%9B%B2": "/v1/曲", "/v1/a.b..c/...": "/v1/a.b..c/...", "/v1/~a@b:c,d=e+f": "/v1/~a@b:c,d=e+f",
	} {
		if path, ok := PlainPath(escaped); !ok || path != want {
			t.Errorf("%q: %q, %t", escaped, path, ok)
		}
	}
}

func FuzzRoute(f *testing.F) {
	for _, s := range []string{"/v1/*", "GET /v1/songs", "/", "/a/../b", "*"} {
		f.Add(s, "/v1/songs")
		f.Add(s, "/v1/%2e%2e/songs")
	}
	f.Fuzz(func(t *testing.T, route, escaped string) {
		plain, ok := PlainPath(escaped)
		if !ok {
			return
		}
		if again := path.Clean(plain); again != strings.TrimSuffix(plain, "/") && again != plain {
			t.Errorf("%q is plain and cleans to %q", plain, again)
		}
		r, err := ParseRoute(route)
		if err != nil || !r.Matches("GET", plain) {
			return
		}
		_, want, found := strings.Cut(route, " ")
		if !found {
			want = route
		}
		if !strings.HasPrefix(plain, strings.TrimSuffix(want, "*")) {
			t.Errorf("%q covers %q", route, plain)
		}
	})
}
