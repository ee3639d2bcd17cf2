package socket

import (
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// writeTimeout is how long a client may take to read what is written at once.
const writeTimeout = time.Minute

// link is the way to the client.
type link interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// timed gives every write a deadline, so that a client that does not read holds
// up neither the end of its socket nor a reload.
type timed struct {
	link
	ending atomic.Bool
}

func (t *timed) Write(p []byte) (int, error) {
	limit := writeTimeout
	if t.ending.Load() {
		limit = linger
	}
	_ = t.SetWriteDeadline(time.Now().Add(limit))
	n, err := t.link.Write(p)
	if !t.ending.Load() {
		_ = t.SetWriteDeadline(time.Time{}) // over HTTP/2 it would end the stream later
	}
	return n, err
}

// stream is a link over extended CONNECT (RFC 8441, RFC 9220). Its response
// writer is not to be touched once the request has been handled.
type stream struct {
	io.ReadCloser // the request's body
	w             http.ResponseWriter
	control       *http.ResponseController

	mu   sync.RWMutex
	done bool
}

func newStream(w http.ResponseWriter, body io.ReadCloser) *stream {
	return &stream{ReadCloser: body, w: w, control: http.NewResponseController(w)}
}

func (s *stream) Write(p []byte) (n int, err error) {
	err = s.whileOpen(func() error {
		if n, err = s.w.Write(p); err != nil {
			return err
		}
		return s.control.Flush()
	})
	return n, err
}

// SetReadDeadline implements link.
func (s *stream) SetReadDeadline(t time.Time) error {
	return s.whileOpen(func() error { return s.control.SetReadDeadline(t) })
}

// SetWriteDeadline implements link.
func (s *stream) SetWriteDeadline(t time.Time) error {
	return s.whileOpen(func() error { return s.control.SetWriteDeadline(t) })
}

func (s *stream) whileOpen(do func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.done {
		return net.ErrClosed
	}
	return do()
}

// retire waits for what is under way and lets nothing more begin.
func (s *stream) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
}

// Interface guards
var (
	_ link = (*stream)(nil)
	_ link = net.Conn(nil)
)
