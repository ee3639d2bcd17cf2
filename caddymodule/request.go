package caddymodule

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// requestID is Caddy's id of the request, which `log_append` can put into the
// access log as {http.request.uuid}.
func requestID(r *http.Request) string {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return ""
	}
	id, _ := repl.GetString("http.request.uuid")
	return id
}

// clientIP is the address that Caddy's trusted_proxies settled on.
func clientIP(r *http.Request) string {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	return ip
}

// clientAddress is clientIP as an address; the zero address where it is none.
func clientAddress(r *http.Request) netip.Addr {
	address, _ := netip.ParseAddr(clientIP(r))
	return address
}

// earlyData refuses a request in TLS early data, which an attacker can send
// again (RFC 8470): replayed, it would mint or write twice.
func earlyData(r *http.Request) *refusal.Refusal {
	if r.TLS == nil || r.TLS.HandshakeComplete {
		return nil
	}
	return &refusal.Refusal{
		Status: http.StatusTooEarly, Title: "Too early", Code: refusal.TooEarly, Reason: refusal.Route,
		Message: "Send this again once the TLS handshake is complete.",
	}
}

// plainText reports whether a secret in this request crosses a network in the clear.
func plainText(r *http.Request) bool {
	if r.TLS != nil {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr != "" && r.RemoteAddr != "@" // unix sockets have no port
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback()
}
