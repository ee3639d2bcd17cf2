package caddymodule

import (
	"crypto/tls"
	"net/http/httptest"
	"testing"
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
