package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// upstream stands between a gate and its libSQL server and keeps what passes.
type upstream struct {
	address string

	mu      sync.Mutex
	headers []http.Header
}

func startUpstream(t *testing.T, sqldAddress string, seen *secrets) *upstream {
	t.Helper()
	u := new(upstream)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: sqldAddress})
		r.Out.Host = r.In.Host
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credential := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		seen.add(credential)
		u.mu.Lock()
		u.headers = append(u.headers, r.Header.Clone())
		u.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	u.address = server.Listener.Addr().String()
	return u
}

// requests is how many requests have come through.
func (u *upstream) requests() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.headers)
}

// saw reports whether the credential, or any header with it, came through.
func (u *upstream) saw(credential string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, header := range u.headers {
		for _, values := range header {
			if strings.Contains(strings.Join(values, "\n"), credential) {
				return true
			}
		}
	}
	return false
}
