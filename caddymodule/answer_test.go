package caddymodule

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestPlainTextIsTakenFromThisMachineOnly(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1234": false, "[::1]:1234": false, "@": false, "": false,
		"192.0.2.1:1234": true, "[2001:db8::1]:1234": true, "nonsense": true,
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = address
		if got := plainText(r); got != want {
			t.Errorf("%q: got %v", address, got)
		}
		r.TLS = &tls.ConnectionState{}
		if plainText(r) {
			t.Errorf("%q with TLS counts as plain text", address)
		}
	}
}

func TestEarlyDataIsRefused(t *testing.T) {
	r := httptest.NewRequest("POST", "/", nil)
	r.TLS = &tls.ConnectionState{HandshakeComplete: false}
	if refused := earlyData(r); refused == nil || refused.Status != 425 {
		t.Errorf("got %v", refused)
	}
	r.TLS.HandshakeComplete = true
	if refused := earlyData(r); refused != nil {
		t.Errorf("got %v", refused)
	}
}

func TestCaddysOwnErrorsAreHandedOnUnwrapped(t *testing.T) {
	own := caddyhttp.Error(502, errors.New("dial refused"))
	got := answerOrPass(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), zap.NewNop(), own)
	if _, ok := got.(caddyhttp.HandlerError); !ok {
		t.Errorf("got %T", got)
	}
}

func TestARefusalIsAnsweredEvenWhenWrapped(t *testing.T) {
	w := httptest.NewRecorder()
	err := fmt.Errorf("somewhere: %w", refusal.Unavailable(errors.New("dial tcp 10.0.0.5:6379: refused")))
	if got := answerOrPass(w, httptest.NewRequest("GET", "/", nil), zap.NewNop(), err); got != nil {
		t.Errorf("got %v", got)
	}
	const want = `{"error":"Service unavailable","message":"The token store does not answer. Nothing was changed; try again.","code":"STORE_UNAVAILABLE"}`
	if w.Code != 503 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Retry-After") != "2" {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}
