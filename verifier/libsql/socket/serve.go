package socket

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
)

// Proxy carries an upgrade to a server and then bytes both ways.
type Proxy func(w http.ResponseWriter, r *http.Request) error

// Options of [Watch.Serve].
type Options struct {
	Kind Kind
	// Protocol is the sub-protocol that the client is told in place of the server's;
	// empty: none. It is put in place when the proxy writes the status.
	Protocol string
	Logger   *slog.Logger // of panics; slog.Default() if nil
}

// Serve lets a proxy carry a WebSocket whose messages s decides about. The
// request is an HTTP/1.1 upgrade, for which the proxy hijacks w, or an extended
// CONNECT, for which it reads the body and writes to w. The proxy has to close
// its connection to the server when the request's context ends. Serve returns
// when the proxy does; what no server accepted is answered as the proxy says.
func (watch *Watch) Serve(w http.ResponseWriter, r *http.Request, s Session, o Options, proxy Proxy) error {
	ctx, abort := context.WithCancel(r.Context())
	defer abort()
	u := &upgrade{ResponseWriter: w, protocol: o.Protocol, start: func(client link, from *bufio.Reader) *conn {
		return newConn(client, from, s, o, watch, abort)
	}}
	defer u.end() // also when the proxy panics, as some do when a stream breaks
	r = r.WithContext(ctx)
	if r.Method == http.MethodConnect {
		u.stream = newStream(w, r.Body)
		r.Body = body{u}
	}
	return proxy(u, r)
}

// upgrade is the response writer that the proxy gets.
type upgrade struct {
	http.ResponseWriter
	protocol string
	start    func(client link, from *bufio.Reader) *conn
	stream   *stream // over extended CONNECT
	conn     *conn   // once the server has accepted
}

// Hijack gives the proxy a connection whose client is s's. Its reader holds no
// bytes: what the client sent before the upgrade is read from the connection too.
// Its writer is the client's own, as the head of the answer is no frame.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	client, buffers, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.conn = u.start(client, buffers.Reader)
	c := hijacked{client, u.conn}
	return c, bufio.NewReadWriter(bufio.NewReader(c), buffers.Writer), nil
}

// WriteHeader begins the socket over extended CONNECT, where the answer to an
// accepted upgrade is 200.
func (u *upgrade) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols || status == http.StatusOK {
		u.nameProtocol()
		u.Header().Del("Content-Length") // sqld names one, which would end the socket (RFC 9110, sections 8.6, 9.3.6)
	}
	u.ResponseWriter.WriteHeader(status)
	if u.stream != nil && u.conn == nil && status == http.StatusOK {
		u.conn = u.start(u.stream, bufio.NewReader(u.stream))
	}
}

// nameProtocol tells the client its own sub-protocol. Some proxies do not write
// the name of the header in Go's canonical form.
func (u *upgrade) nameProtocol() {
	h := u.Header()
	for name := range h {
		if strings.EqualFold(name, protocolHeader) {
			delete(h, name)
		}
	}
	if u.protocol != "" {
		h[protocolHeader] = []string{u.protocol}
	}
}

const protocolHeader = "Sec-WebSocket-Protocol" // as RFC 6455 writes it

// Write takes the server's frames over extended CONNECT, else an answer.
func (u *upgrade) Write(p []byte) (int, error) {
	if u.conn != nil {
		return u.conn.Write(p)
	}
	return u.ResponseWriter.Write(p)
}

// FlushError flushes an answer, as frames are flushed when they are written.
func (u *upgrade) FlushError() error {
	if u.conn != nil { // a response writer is for one goroutine at a time
		u.conn.out.mu.Lock()
		defer u.conn.out.mu.Unlock()
	}
	return http.NewResponseController(u.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (u *upgrade) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u *upgrade) end() {
	if u.conn != nil {
		_ = u.conn.Close()
		u.conn.out.stop()
	}
	if u.stream != nil {
		u.stream.retire()
	}
}

// body is the client over extended CONNECT, as the proxy reads it.
type body struct{ u *upgrade }

func (b body) Read(p []byte) (int, error) {
	if b.u.conn == nil {
		return 0, io.EOF
	}
	return b.u.conn.Read(p)
}

func (b body) Close() error {
	if b.u.conn == nil {
		return b.u.stream.Close()
	}
	return b.u.conn.Close()
}
