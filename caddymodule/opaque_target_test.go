package caddymodule

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// statusOf sends a request whose target is written as it stands.
func statusOf(t *testing.T, base, target string) int {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func TestNoFormOfATargetGoesAroundTheCheck(t *testing.T) {
	sites := map[string]string{
		"a matcher of paths": `
	require_token /api/* api
	reverse_proxy %s
`,
		"a named matcher": `
	@guarded path /api/*
	require_token @guarded api
	reverse_proxy %s
`,
		"everything": `
	require_token api
	reverse_proxy %s
`,
		"in a route": `
	route {
		require_token /api/* api
		reverse_proxy %s
	}
`,
		"in handle": `
	@opaque opaque_target
	handle @opaque {
		error 400
	}
	handle /api/* {
		require_token api
		reverse_proxy %[1]s
	}
	handle {
		reverse_proxy %[1]s
	}
`,
	}
	for name, site := range sites {
		t.Run(name, func(t *testing.T) {
			dial := upstream(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s reached the API", r.URL) })
			base := load(t, global("store embedded "+t.TempDir())+fmt.Sprintf("http://:0 {\n\tbind 127.0.0.1\n"+site+"}\n", dial))
			for target, want := range map[string]int{
				"/api/secret":                       401,
				"http://localhost/api/secret":       401,
				"//api/secret":                      401,
				"/x/../api/secret":                  401,
				"/%61pi/secret":                     401,
				"x:http://localhost/api/secret":     400,
				"x:/../api/secret":                  401, // a path, of no host
				"http:localhost/api/secret":         400,
				"localhost:http://other/api/secret": 400,
			} {
				if got := statusOf(t, base, target); got != want {
					t.Errorf("%s: %d, want %d", target, got, want)
				}
			}
		})
	}
}
