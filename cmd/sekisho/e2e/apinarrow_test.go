package e2e

import (
	"fmt"
	"net/http"
	"testing"
)

// forwardedFor is what a proxy says about its client.
func forwardedFor(address string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("X-Forwarded-For", address) }
}

// echoAPI answers everything with what it was told of the token.
func echoAPI() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"X-Token-Id", "X-Token-Family", "X-Token-Subject", "X-Token-Scopes", "X-Token-Note"} {
			w.Header()["Saw-"+name] = r.Header[name]
		}
		fmt.Fprint(w, r.Method, " ", r.URL.RequestURI())
	})
}

// A verdict is in memory from the first request on, so that of every two equal
// requests the second has one.
func TestANarrowedTokenIsRefusedElsewhereCachedAndFresh(t *testing.T) {
	rules := func(s *apiSite) {
		s.Rules, s.Proxies = "scope songs:read GET HEAD\nscope songs:write *", "127.0.0.1/32"
	}
	h := startBefore(t, echoAPI(), rules)
	for name, test := range map[string]struct {
		limits                    string
		method, path, from        string // where it passes
		outMethod, outPath, outOf string // where it is refused, for one difference
		wantCode                  string
	}{
		"network": {
			limits: `"networks":["192.0.2.0/24"]`, method: "GET", path: "/api/v1/songs", from: "192.0.2.200",
			outMethod: "GET", outPath: "/api/v1/songs", outOf: "198.51.100.1", wantCode: "PERMISSION_DENIED",
		},
		"network of IPv6": {
			limits: `"networks":["2001:db8::/32"]`, method: "GET", path: "/api/v1/songs", from: "2001:db8::7",
			outMethod: "GET", outPath: "/api/v1/songs", outOf: "2001:db9::7", wantCode: "PERMISSION_DENIED",
		},
		"scope": {
			limits: `"scopes":["songs:read"]`, method: "GET", path: "/api/v1/songs", from: "192.0.2.1",
			outMethod: "POST", outPath: "/api/v1/songs", outOf: "192.0.2.1", wantCode: "PERMISSION_DENIED",
		},
		"route": {
			limits: `"routes":["/api/v1/songs/*"]`, method: "GET", path: "/api/v1/songs/1", from: "192.0.2.1",
			outMethod: "GET", outPath: "/api/v1/users", outOf: "192.0.2.1", wantCode: "PERMISSION_DENIED",
		},
		"method of a route": {
			limits: `"routes":["GET /api/v1/songs"]`, method: "GET", path: "/api/v1/songs", from: "192.0.2.1",
			outMethod: "DELETE", outPath: "/api/v1/songs", outOf: "192.0.2.1", wantCode: "PERMISSION_DENIED",
		},
		"read-only": {
			limits: `"authorization":"read-only"`, method: "HEAD", path: "/api/v1/songs", from: "192.0.2.1",
			outMethod: "PUT", outPath: "/api/v1/songs", outOf: "192.0.2.1", wantCode: "TOKEN_READ_ONLY",
		},
	} {
		t.Run(name, func(t *testing.T) {
			fresh, _ := h.developerToken(t, test.limits)
			for range 2 {
				a := mustCall(t, test.outMethod, h.base+test.outPath, fresh, "", forwardedFor(test.outOf))
				if a.status != 403 || a.code() != test.wantCode {
					t.Errorf("before it was used: %d %s", a.status, a.body)
				}
			}
			used, _ := h.developerToken(t, test.limits)
			for range 2 {
				mustCall(t, test.method, h.base+test.path, used, "", forwardedFor(test.from)).wantStatus(t, 200)
				a := mustCall(t, test.outMethod, h.base+test.outPath, used, "", forwardedFor(test.outOf))
				if a.status != 403 || a.code() != test.wantCode {
					t.Errorf("after it was used: %d %s", a.status, a.body)
				}
			}
		})
	}
}

func TestAddressesAreBelievedOfTrustedProxiesOnly(t *testing.T) {
	const limit = `"networks":["192.0.2.0/24"]`
	spoofs := map[string]func(*http.Request){
		"nothing":                func(*http.Request) {},
		"X-Forwarded-For":        forwardedFor("192.0.2.1"),
		"X-Forwarded-For, twice": func(r *http.Request) { r.Header["X-Forwarded-For"] = []string{"192.0.2.1", "192.0.2.1"} },
		"Forwarded":              func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.1") },
		"X-Real-IP":              func(r *http.Request) { r.Header.Set("X-Real-IP", "192.0.2.1") },
		"CF-Connecting-IP":       func(r *http.Request) { r.Header.Set("CF-Connecting-IP", "192.0.2.1") },
	}
	untrusting := startBefore(t, echoAPI())
	token, _ := untrusting.developerToken(t, limit)
	for name, spoof := range spoofs {
		if a := mustCall(t, "GET", untrusting.base+"/api/v1/songs", token, "", spoof); a.status != 403 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	// A client behind a trusted proxy cannot put words before those of the proxy.
	strict := startBefore(t, echoAPI(), func(s *apiSite) { s.Proxies = "127.0.0.1/32\ntrusted_proxies_strict" })
	token, _ = strict.developerToken(t, limit)
	mustCall(t, "GET", strict.base+"/api/v1/songs", token, "", forwardedFor("192.0.2.1, 198.51.100.1")).wantStatus(t, 403)
	mustCall(t, "GET", strict.base+"/api/v1/songs", token, "", forwardedFor("198.51.100.1, 192.0.2.1")).wantStatus(t, 200)
}
