package keyring

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

const rfcJWKS = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",` +
	`"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"EdDSA"}]}`

const methodNotAllowed = `{"error":"Method not allowed","message":"This path answers to GET, HEAD only.","code":"METHOD_NOT_ALLOWED"}`

func serve(r *Ring, method string, header ...string) *http.Response {
	req := httptest.NewRequest(method, "/.well-known/jwks.json", nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.ServeJWKS(w, req)
	return w.Result()
}

func TestServingTheKeySet(t *testing.T) {
	ring, err := Static(pemOf(t, rfcKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	etag := serve(ring, "GET").Header.Get("ETag")
	for _, c := range []struct {
		name, method, match string
		status              int
		body                string
	}{
		{"GET", "GET", "", 200, rfcJWKS},
		{"HEAD", "HEAD", "", 200, ""},
		{"a copy that is current", "GET", etag, 304, ""},
		{"a copy among several", "GET", `"other", W/` + etag, 304, ""},
		{"a copy that is old", "GET", `"other"`, 200, rfcJWKS},
		{"POST is refused", "POST", "", 405, methodNotAllowed},
		{"DELETE is refused", "DELETE", etag, 405, methodNotAllowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := serve(ring, c.method, "If-None-Match", c.match)
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != c.status || string(body) != c.body {
				t.Errorf("status %d, body %s", res.StatusCode, body)
			}
			if c.status == 405 {
				if res.Header.Get("Allow") != "GET, HEAD" {
					t.Errorf("Allow: %q", res.Header.Get("Allow"))
				}
				return
			}
			if res.Header.Get("ETag") != etag || res.Header.Get("Cache-Control") != "public, max-age=300" {
				t.Errorf("headers: %v", res.Header)
			}
			if got := res.Header.Get("Content-Type"); c.status == 200 && got != "application/jwk-set+json" {
				t.Errorf("Content-Type: %q", got)
			}
		})
	}
}

func TestETagChangesWithTheKeys(t *testing.T) {
	ring := open(t, newMemory())
	before := serve(ring, "GET").Header.Get("ETag")
	rotate(t, ring, RotateOptions{})
	if res := serve(ring, "GET", "If-None-Match", before); res.StatusCode != 200 {
		t.Errorf("status %d for the old copy", res.StatusCode)
	}
}
