package caddymodule

import (
	"errors"
	"net"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// answerOrPass writes a refusal, and hands every other error to Caddy unwrapped:
// Caddy reads the status of its own errors by type, and a wrapped one could
// become a 200.
func answerOrPass(w http.ResponseWriter, r *http.Request, logger *zap.Logger, err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*refusal.Refusal](err); ok {
		answer(w, r, logger, refused)
		return nil
	}
	return err
}

// answer writes a refusal and logs it: our own faults and the store's as errors,
// what clients do wrong at debug level, since strangers must not fill the log.
func answer(w http.ResponseWriter, r *http.Request, logger *zap.Logger, refused *refusal.Refusal) {
	id := requestID(r)
	level := zapcore.DebugLevel
	if refused.Status >= http.StatusInternalServerError {
		level = zapcore.ErrorLevel
	}
	if entry := logger.Check(level, "request refused"); entry != nil {
		entry.Write(
			zap.String("reason", string(refused.Reason)), zap.Int("status", refused.Status),
			zap.String("request_id", id), zap.String("client_ip", clientIP(r)), zap.Error(refused.Cause),
		)
	}
	refusal.WriteFor(w, id, r.Header.Get("Accept-Language"), refused)
}

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
