package libsql

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// pieceSize is how much of a body that passes is held, in bytes.
const pieceSize = 32 << 10

// passingBody is a request body that is rewritten while it passes.
type passingBody struct {
	source   io.ReadCloser
	rewriter hrana.Rewriter
	piece    []byte
	out      []byte // rewritten, of which unread is still to be read
	unread   []byte
	err      error                           // after unread
	refused  atomic.Pointer[refusal.Refusal] // a proxy may read in a goroutine of its own
}

// passBody puts a rewriter between a request and its body. The first piece is
// read at once, so that what is refused in it never reaches the server, and a
// short body goes on with its length. In a longer one the body breaks off, which
// the server takes for no request at all.
func passBody(r *http.Request, rewriter hrana.Rewriter) (*passingBody, error) {
	b := &passingBody{source: r.Body, rewriter: rewriter, piece: make([]byte, pieceSize)}
	b.fill()
	if refused := b.refused.Load(); refused != nil {
		return nil, refused
	}
	r.Body, r.ContentLength, r.TransferEncoding = b, -1, nil
	if b.err == io.EOF {
		r.ContentLength = int64(len(b.unread))
	}
	return b, nil
}

// fill reads and rewrites the next piece.
func (b *passingBody) fill() {
	var n int
	var readErr error
	for n < len(b.piece) && readErr == nil {
		var more int
		more, readErr = b.source.Read(b.piece[n:])
		n += more
	}
	var err error
	b.out, err = b.rewriter.Append(b.out[:0], b.piece[:n])
	if err == nil && readErr == io.EOF {
		err = b.rewriter.End()
	}
	if _, ended := errors.AsType[*refusal.Refusal](readErr); ended {
		err = readErr
	}
	if err != nil {
		b.refused.Store(unpassable(err))
		b.out, readErr = nil, err
	}
	b.unread, b.err = b.out, readErr
}

// Read implements [io.Reader].
func (b *passingBody) Read(p []byte) (int, error) {
	for len(b.unread) == 0 && b.err == nil {
		b.fill()
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	if len(b.unread) > 0 {
		return n, nil
	}
	return n, b.err
}

// Close implements [io.Closer].
func (b *passingBody) Close() error { return b.source.Close() }

// passingResponse rewrites a body of status 200 while it passes, and leaves every
// other alone.
type passingResponse struct {
	http.ResponseWriter
	rewriter hrana.Rewriter
	begun    bool // the status is known
	rewrites bool // it is 200
	sent     bool // the status was sent
	out      []byte
	err      error // the server's answer is not one
}

// WriteHeader implements [http.ResponseWriter]. That of a body to be rewritten
// waits for its first piece, while there may still be another answer.
func (p *passingResponse) WriteHeader(status int) {
	switch {
	case p.begun:
	case status == http.StatusOK:
		p.begun, p.rewrites = true, true
		p.err = unencoded(p.Header())
	default:
		p.begun = status >= 200
		p.sent = p.begun
		p.ResponseWriter.WriteHeader(status)
	}
}

// Write implements [http.ResponseWriter]. Before anything was sent, what is not
// understood is dropped without an error, which a proxy would take for the
// client's; later there is no way but to break off.
func (p *passingResponse) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	if !p.rewrites {
		return p.ResponseWriter.Write(b)
	}
	if p.err == nil {
		p.out, p.err = p.rewriter.Append(p.out[:0], b)
	}
	switch {
	case p.err != nil && !p.sent:
		return len(b), nil
	case p.err != nil:
		return 0, p.err
	}
	p.send()
	if _, err := p.ResponseWriter.Write(p.out); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (p *passingResponse) send() {
	if !p.sent {
		p.sent = true
		p.ResponseWriter.WriteHeader(http.StatusOK)
	}
}

// FlushError is for [http.ResponseController].
func (p *passingResponse) FlushError() error {
	if !p.sent {
		return nil
	}
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (p *passingResponse) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// end reports an answer that was not understood and of which nothing was sent.
func (p *passingResponse) end() error {
	if p.sent || !p.rewrites && p.begun {
		return nil
	}
	if p.err == nil {
		p.err = p.rewriter.End()
	}
	if p.err == nil {
		return nil
	}
	return notAnswered(p.err)
}
