package libsql

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/socket"
)

// maxStrangers bounds the sockets of a gate whose clients have not shown a token yet.
const maxStrangers = 512

// subprotocols are those that are spoken here, in the server's order of preference.
var subprotocols = []string{hrana3Protobuf, "hrana3", "hrana2", hrana1}

const hrana3Protobuf = "hrana3-protobuf"

// hrana1 lacks what makes a stream read-only for SQLite itself, so the server is
// asked for its superset hrana2.
const hrana1 = "hrana1"

// isSocket reports a WebSocket on the path where sqld has them: an HTTP/1.1
// upgrade, or an extended CONNECT (RFC 8441, RFC 9220).
func isSocket(r *http.Request) bool {
	if r.URL.EscapedPath() != "/" {
		return false
	}
	return extended(r) || r.Method == http.MethodGet && hasToken(r.Header["Upgrade"], "websocket")
}

// extended reports an extended CONNECT, as net/http over HTTP/2 and as quic-go
// over HTTP/3 show it.
func extended(r *http.Request) bool {
	return r.Method == http.MethodConnect && (r.ProtoMajor == 2 && r.Header.Get(":protocol") == "websocket" || r.Proto == "websocket")
}

// serveSocket opens a socket to anyone: the token comes in its first message.
func (g *Gate) serveSocket(w http.ResponseWriter, r *http.Request, database string, next Next) (refusal.Reason, error) {
	if err := g.authenticator.Bare(r); err != nil {
		return refusal.From(err).Reason, err
	}
	protocol, refused := checkUpgrade(r)
	if refused != nil {
		return refused.Reason, refused
	}
	codec, kind := g.speak(protocol)
	s := g.newSession(r, database, codec)
	defer s.release()
	if g.strangers.Load() > maxStrangers {
		return refusal.Unready, tooManyStrangers()
	}
	options := socket.Options{Kind: kind, Protocol: protocol, Logger: g.log}
	return refusal.Allowed, g.watch.Serve(w, forwardUpgrade(r, database, protocol), s, options,
		func(w http.ResponseWriter, r *http.Request) error { return next(w, r, nil) })
}

// speak gives the encoding of a sub-protocol, and the kind of its messages; the
// server too takes no other kind.
func (g *Gate) speak(protocol string) (hrana.SocketCodec, socket.Kind) {
	if protocol == hrana3Protobuf {
		return hrana.Protobuf{MaxSteps: g.codec.MaxSteps}, socket.Binary
	}
	return g.codec, socket.Text
}

// checkUpgrade judges the request (RFC 6455, section 4.2.1) and chooses the
// sub-protocol, empty if the client named none, which sqld takes for hrana1.
func checkUpgrade(r *http.Request) (protocol string, refused *refusal.Refusal) {
	h := r.Header
	if !extended(r) {
		key, err := base64.StdEncoding.DecodeString(h.Get("Sec-Websocket-Key"))
		switch {
		case !r.ProtoAtLeast(1, 1), !hasToken(h["Connection"], "upgrade"), len(h["Upgrade"]) != 1,
			len(h["Sec-Websocket-Key"]) != 1, err != nil, len(key) != 16,
			r.ContentLength != 0, len(r.TransferEncoding) > 0:
			return "", refusal.NotUnderstood("This is not a WebSocket upgrade as RFC 6455 has it.", err)
		}
	}
	if versions := h["Sec-Websocket-Version"]; len(versions) != 1 || versions[0] != "13" {
		return "", refusal.NotUnderstood("Only version 13 of WebSocket is spoken here.", nil)
	}
	offers := h["Sec-Websocket-Protocol"]
	if len(offers) == 0 {
		return "", nil
	}
	for _, protocol := range subprotocols {
		if hasToken(offers, protocol) {
			return protocol, nil
		}
	}
	return "", refusal.NotUnderstood("Only these WebSocket sub-protocols are spoken here: "+strings.Join(subprotocols, ", ")+".", nil)
}

// forwardUpgrade is r as the server may see it. Extensions are not offered, so
// nothing is compressed, and one sub-protocol only, so that the answer is known.
func forwardUpgrade(r *http.Request, database, protocol string) *http.Request {
	out := forward(r, database, "")
	out.Header.Del("Authorization")
	if extended(r) {
		if r.ProtoMajor == 2 {
			out.Header[":protocol"] = []string{"websocket"}
		}
	} else {
		out.Body, out.ContentLength, out.TransferEncoding = http.NoBody, 0, nil
		out.Header["Connection"], out.Header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
		out.Header["Sec-Websocket-Key"] = slices.Clone(r.Header["Sec-Websocket-Key"])
	}
	out.Header["Sec-Websocket-Version"] = []string{"13"}
	if protocol == "" || protocol == hrana1 {
		protocol = "hrana2"
	}
	out.Header["Sec-Websocket-Protocol"] = []string{protocol}
	return out
}

// hasToken reports whether a list header names a token, in any case (RFC 9110, section 5.6.1).
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(item, " \t"), token) {
				return true
			}
		}
	}
	return false
}
