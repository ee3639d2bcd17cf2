package socket

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a session: messages that begin with "no" are answered, those that
// begin with "end" end the socket, "panic" panics, all others pass. A server's message that begins
// with "hold" is rewritten to "held", one that begins with "then" is followed by "after".
type script struct {
	limit   int64
	recheck atomic.Pointer[Close]
}

func (s *script) MaxMessage() int64 { return s.limit }

func (s *script) FromClient(_ context.Context, m []byte) (Outcome, error) {
	switch {
	case bytes.HasPrefix(m, []byte("no")):
		return Outcome{Answer: append([]byte("refused: "), m...)}, nil
	case bytes.HasPrefix(m, []byte("end")):
		return Outcome{Answer: []byte("last"), Close: &Close{Normal, "asked for"}}, nil
	case bytes.HasPrefix(m, []byte("fail")):
		return Outcome{}, errors.New("a secret")
	case bytes.HasPrefix(m, []byte("panic")):
		panic("a fault of ours")
	}
	return Outcome{Forward: [][]byte{m}}, nil
}

func (s *script) FromServer(head []byte) (Passage, error) {
	switch {
	case bytes.HasPrefix(head, []byte("hold")):
		return Passage{Hold: true}, nil
	case bytes.HasPrefix(head, []byte("then")):
		return Passage{After: [][]byte{[]byte("after")}}, nil
	case bytes.HasPrefix(head, []byte("odd")):
		return Passage{}, &Close{Fault, "odd"}
	case bytes.HasPrefix(head, []byte("panic")):
		panic("a fault of ours")
	}
	return Passage{}, nil
}

func (s *script) Rewrite([]byte) ([]byte, error) { return []byte("held"), nil }

func (s *script) Recheck() error {
	if c := s.recheck.Load(); c != nil {
		return c
	}
	return nil
}

// rig is a socket with a client at one end and a server at the other, over pipes
// in memory, so that it works with a clock that a test moves.
type rig struct {
	t      *testing.T
	script *script
	client net.Conn
	server net.Conn
	log    bytes.Buffer  // not to be read while something may be logged
	done   chan struct{} // closed when the proxy has returned
}

// hijackable is the response writer of a server.
type hijackable struct {
	http.ResponseWriter
	conn  net.Conn
	early []byte // what came with the request
}

func (h *hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	from := bufio.NewReader(io.MultiReader(bytes.NewReader(h.early), h.conn))
	if len(h.early) > 0 {
		_, _ = from.Peek(len(h.early))
	}
	return h.conn, bufio.NewReadWriter(from, bufio.NewWriter(h.conn)), nil
}

func newRig(t *testing.T, early ...byte) *rig {
	t.Helper()
	client, front := net.Pipe()
	server, back := net.Pipe()
	r := &rig{t: t, script: &script{limit: 1 << 20}, client: client, server: server, done: make(chan struct{})}
	w := &hijackable{httptest.NewRecorder(), front, early}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	options := Options{Kind: Text, Logger: slog.New(slog.NewTextHandler(&r.log, nil))}
	var watch Watch
	go func() {
		defer close(r.done)
		_ = watch.Serve(w, request, r.script, options, func(w http.ResponseWriter, request *http.Request) error { return carry(w, request, back) })
	}()
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		<-r.done
	})
	return r
}

// carry is a proxy: it copies both ways, as httputil.ReverseProxy does.
func carry(w http.ResponseWriter, r *http.Request, back net.Conn) error {
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	if n := buffers.Reader.Buffered(); n > 0 {
		return errors.New("bytes in the reader go on without being judged")
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
		_ = back.Close()
	}()
	defer conn.Close()
	ends := make(chan error, 2)
	go func() { _, err := io.Copy(back, conn); ends <- err }()
	go func() { _, err := io.Copy(conn, back); ends <- err }()
	return <-ends
}

// send writes frames of the client, without waiting for them to be read.
func (r *rig) send(frames ...[]byte) {
	go func() { _, _ = r.client.Write(bytes.Join(frames, nil)) }()
}

// serve writes bytes of the server, without waiting for them to be read.
func (r *rig) serve(pieces ...[]byte) {
	go func() {
		for _, p := range pieces {
			if _, err := r.server.Write(p); err != nil {
				return
			}
		}
	}()
}

// frame reads the next frame from one end.
func (r *rig) frame(from net.Conn) (header, string) {
	r.t.Helper()
	h, payload, err := readFrame(from)
	if err != nil {
		r.t.Fatalf("want a frame: %v", err)
	}
	return h, payload
}

// wantClose reads the close frame that the client gets, and answers it.
func (r *rig) wantClose(code Code, reason string) {
	r.t.Helper()
	h, payload := r.frame(r.client)
	if h.opcode != opClose || len(payload) < 2 {
		r.t.Fatalf("got opcode %d %q, want a close frame", h.opcode, payload)
	}
	if got := Code(binary.BigEndian.Uint16([]byte(payload))); got != code || payload[2:] != reason {
		r.t.Errorf("closed with %d %q, want %d %q", got, payload[2:], code, reason)
	}
	r.send(masked(opClose, payload[:2]))
	<-r.done
}

func (r *rig) wantMessage(from net.Conn, want string) {
	r.t.Helper()
	h, payload := r.frame(from)
	if h.opcode != opText || !h.final || payload != want {
		r.t.Errorf("got opcode %d %q, want %q", h.opcode, payload, want)
	}
	if h.masked != (from == r.server) {
		r.t.Errorf("a frame is masked: %t", h.masked)
	}
}

func readFrame(from io.Reader) (header, string, error) {
	var head []byte
	for {
		head = append(head, 0)
		if _, err := io.ReadFull(from, head[len(head)-1:]); err != nil {
			return header{}, "", err
		}
		h, size, err := parseHeader(head)
		if err != nil {
			return h, "", err
		}
		if size == 0 {
			continue
		}
		payload := make([]byte, h.length)
		_, err = io.ReadFull(from, payload)
		if h.masked {
			applyMask(h.mask, payload)
		}
		return h, string(payload), err
	}
}

func masked(op opcode, payload string) []byte { return appendMasked(nil, true, op, []byte(payload)) }

// fragment is a frame of a client that is not, or not only, the last of its message.
func fragment(op opcode, final bool, payload string) []byte {
	h := header{final: final, opcode: op, masked: true, mask: [4]byte{1, 2, 3, 4}, length: int64(len(payload))}
	b := append(h.append(nil), payload...)
	applyMask(h.mask, b[len(b)-len(payload):])
	return b
}

func unmasked(op opcode, payload string) []byte { return appendFrame(nil, op, []byte(payload)) }
