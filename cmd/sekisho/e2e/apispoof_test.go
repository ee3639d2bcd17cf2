package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// identityHeaders are all that tell an API whose request it is.
var identityHeaders = []string{"X-Token-Id", "X-Token-Family", "X-Token-Subject", "X-Token-Scopes", "X-Token-Note"}

// spellings are names that some server behind a gate may take for the header.
func spellings(header string) []string {
	lower := strings.ToLower(header)
	under := strings.ReplaceAll(header, "-", "_")
	return []string{
		header, lower, strings.ToUpper(header), under, strings.ToLower(under), strings.ToUpper(under),
		strings.Replace(lower, "-", "_", 1), strings.ReplaceAll(header, "-", "."), "x-tOKEN" + lower[len("x-token"):],
	}
}

// headersAPI answers with the headers and trailers that reached it, by the name
// that a CGI would give them.
func headersAPI() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen := map[string][]string{}
		for _, part := range []http.Header{r.Header, r.Trailer} {
			for name, values := range part {
				cgi := strings.Map(func(c rune) rune {
					if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
						return c
					}
					return '_'
				}, strings.ToLower(name))
				seen[cgi] = append(seen[cgi], values...)
			}
		}
		_ = json.NewEncoder(w).Encode(seen)
	})
}

// wantIdentity checks that the API saw these values of the identity headers and no others.
func wantIdentity(t *testing.T, name, body string, want map[string]string) {
	t.Helper()
	var seen map[string][]string
	if err := json.Unmarshal([]byte(body), &seen); err != nil {
		t.Fatalf("%s: %v in %s", name, err, body)
	}
	for _, header := range identityHeaders {
		got := seen[strings.ToLower(strings.ReplaceAll(header, "-", "_"))]
		if value, sent := want[header]; !sent && len(got) != 0 || sent && (len(got) != 1 || got[0] != value) {
			t.Errorf("%s: %s reached the API as %q", name, header, got)
		}
	}
}

func TestNoSpellingOfAnIdentityHeaderReachesTheAPI(t *testing.T) {
	h := startBefore(t, headersAPI(), func(s *apiSite) { s.Rules = "allow_anonymous" })
	token, id := h.developerToken(t, `"app":"my-app"`, `"scopes":["read","write"]`)
	ours := map[string]string{
		"X-Token-Id": id, "X-Token-Family": "developer", "X-Token-Subject": "my-app", "X-Token-Scopes": "read write", "X-Token-Note": "MyApp API Integration",
	}
	for _, header := range identityHeaders {
		for _, name := range spellings(header) {
			for _, spoof := range [][]string{{"spoofed"}, {"spoofed", "spoofed too"}, {""}} {
				set := func(r *http.Request) { r.Header[name] = spoof }
				a := mustCall(t, "GET", h.base+"/api/v1/x", token, "", set).wantStatus(t, 200)
				wantIdentity(t, name, a.body, ours)
				a = mustCall(t, "GET", h.base+"/api/v1/x", "", "", set).wantStatus(t, 200)
				wantIdentity(t, name+" of nobody", a.body, nil)
			}
		}
	}
	all := mustCall(t, "POST", h.base+"/api/v1/x", token, "body", func(r *http.Request) {
		for _, header := range identityHeaders {
			for _, name := range spellings(header) {
				r.Header[name] = []string{"spoofed"}
			}
		}
	}).wantStatus(t, 200)
	wantIdentity(t, "all at once", all.body, ours)
}

// exchange sends bytes as they are and gives the body of the answer.
func (h *apiHouse) exchange(t *testing.T, request string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", h.site.At)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	return body
}

func TestAnIdentityIsNeitherLostNorForgedByTheEdgesOfHTTP(t *testing.T) {
	h := startBefore(t, headersAPI())
	token, id := h.developerToken(t)
	ours := map[string]string{
		"X-Token-Id": id, "X-Token-Family": "developer", "X-Token-Scopes": "*", "X-Token-Note": "MyApp API Integration",
	}
	start := "POST /api/v1/x HTTP/1.1\r\nHost: " + h.site.At + "\r\nAuthorization: Bearer " + token + "\r\n"
	const chunked = "Transfer-Encoding: chunked\r\nConnection: close\r\n"
	for name, request := range map[string]string{
		"in a trailer":             start + chunked + "Trailer: X-Token-Id\r\n\r\n4\r\nbody\r\n0\r\nX-Token-Id: spoofed\r\n\r\n",
		"in an unannounced one":    start + chunked + "\r\n4\r\nbody\r\n0\r\nx_token_id: spoofed\r\n\r\n",
		"dropped by Connection":    start + "Connection: close, X-Token-Id, x-token-scopes\r\n\r\n",
		"on two lines":             start + "Connection: close\r\nX-Token-Id: spoofed\r\nx-token-id: spoofed\r\n\r\n",
		"with a space in its name": start + "Connection: close\r\nX-Token-Id : spoofed\r\n\r\n",
		"folded onto another line": start + "Connection: close\r\nX-Other: a\r\n X-Token-Id: spoofed\r\n\r\n",
	} {
		body := h.exchange(t, request)
		if strings.HasPrefix(body, "400 Bad Request") {
			continue // refused by Go's server, before anybody is asked
		}
		if i := strings.IndexByte(body, '{'); i >= 0 {
			body = body[i : strings.LastIndexByte(body, '}')+1]
		}
		wantIdentity(t, name, body, ours)
	}
}
