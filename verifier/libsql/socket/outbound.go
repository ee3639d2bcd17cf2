package socket

import (
	"bytes"
	"io"
	"sync"
)

const (
	peekSize = 256      // bytes of a server's message that a session decides by
	maxHeld  = 64 << 20 // bytes of a server's message that is rewritten
	maxQueue = 64 << 10 // bytes of answers that wait for a message of the server to end
)

// outbound carries the server's frames to the client and puts our own between
// them. The server's frames may arrive in any pieces.
type outbound struct {
	to      io.Writer
	session Session
	kind    opcode

	mu    sync.Mutex
	room  sync.Cond // the queue has been emptied, or the socket ends
	queue []byte    // our frames, for when the server's message has ended
	end   *Close    // how the socket ends, once it does
	shut  bool      // a close frame was sent to the client; nothing may follow

	head    []byte // of a frame that is not complete
	frame   header // the frame that is being read
	left    int64  // bytes of its payload to come
	inFrame bool
	message step     // of the server's message that has begun
	held    []byte   // of a message that is peeked at or held
	after   [][]byte // answers that follow the message
	batch   []byte   // for the client, within one write
}

// step is how far a message of the server is.
type step byte

const (
	between step = iota // no message has begun
	peeking             // its beginning is gathered
	passing             // it goes to the client as it comes
	holding             // it is gathered to be rewritten
)

// goingAway is the close frame that a proxy writes when it stops, on another
// goroutine and perhaps in the middle of a frame. It can be no part of a text.
var goingAway = []byte{0x88, 0x02, 0x03, 0xE9}

// write takes bytes of the server. After the socket's end they are dropped, so
// that the proxy waits for the reading side, which waits for the client.
func (o *outbound) write(p []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shut {
		return nil
	}
	o.batch = o.batch[:0]
	if bytes.Equal(p, goingAway) && (o.inFrame || len(o.head) > 0) {
		o.finish()
		if !o.midFrame() {
			o.batch = append(o.batch, p...)
		}
	}
	for len(p) > 0 && !o.shut {
		var err error
		if p, err = o.consume(p); err != nil {
			return o.fail(closeFor(err))
		}
	}
	return o.flush()
}

func (o *outbound) flush() error {
	if len(o.batch) == 0 {
		return nil
	}
	_, err := o.to.Write(o.batch)
	if o.batch = o.batch[:0]; cap(o.batch) > keptBuffer {
		o.batch = nil
	}
	return err
}

// consume takes the next header or piece of a payload off p.
func (o *outbound) consume(p []byte) ([]byte, error) {
	if !o.inFrame {
		taken := min(len(p), maxHeader-len(o.head))
		before := len(o.head)
		o.head = append(o.head, p[:taken]...)
		h, size, err := parseHeader(o.head)
		if err != nil || h.masked && size > 0 {
			return nil, errServer
		}
		if size == 0 {
			return p[taken:], nil
		}
		o.head = o.head[:0]
		p = p[size-before:]
		if err := o.beginFrame(h); err != nil {
			return nil, err
		}
		if h.length > 0 {
			return p, nil
		}
		return p, o.endFrame()
	}
	n := int(min(int64(len(p)), o.left))
	o.left -= int64(n)
	if err := o.payload(p[:n]); err != nil {
		return nil, err
	}
	if o.left == 0 {
		return p[n:], o.endFrame()
	}
	return p[n:], nil
}

// beginFrame starts a frame.
func (o *outbound) beginFrame(h header) error {
	o.frame, o.left, o.inFrame = h, h.length, true
	switch {
	case h.opcode.control():
		o.batch = h.append(o.batch)
		return nil
	case h.opcode == opContinuation != (o.message != between):
		return errServer
	case o.message == between:
		o.message = peeking
	case o.message == passing:
		o.batch = h.append(o.batch)
	}
	return nil
}

func (o *outbound) payload(p []byte) error {
	switch {
	case o.frame.opcode.control(), o.message == passing:
		o.batch = append(o.batch, p...)
		return nil
	case len(o.held)+len(p) > maxHeld:
		return errServer
	}
	o.held = append(o.held, p...)
	if o.message == peeking && len(o.held) >= peekSize {
		return o.decide()
	}
	return nil
}

// decide asks the session about a message, by what has come of its first frame.
func (o *outbound) decide() error {
	passage, err := o.session.FromServer(o.held)
	if err != nil {
		return err
	}
	o.after = passage.After
	if passage.Hold {
		o.message = holding
		return nil
	}
	o.message = passing
	o.batch = append(o.frame.append(o.batch), o.held...)
	o.release()
	return nil
}

func (o *outbound) release() {
	if o.held = o.held[:0]; cap(o.held) > keptBuffer {
		o.held = nil
	}
}

// endFrame ends the frame, and the message if it was its last.
func (o *outbound) endFrame() error {
	if !o.frame.opcode.control() {
		if err := o.endDataFrame(); err != nil {
			return err
		}
	}
	o.inFrame = false
	if o.frame.opcode == opClose {
		o.finish()
	}
	o.insert()
	return nil
}

func (o *outbound) endDataFrame() error {
	if o.message == peeking {
		if err := o.decide(); err != nil {
			return err
		}
	}
	if !o.frame.final {
		return nil
	}
	if o.message == holding {
		rewritten, err := o.session.Rewrite(o.held)
		if err != nil {
			return err
		}
		o.release()
		if rewritten != nil {
			o.batch = appendFrame(o.batch, o.kind, rewritten)
		}
	}
	o.message = between
	for _, answer := range o.after {
		o.batch = appendFrame(o.batch, o.kind, answer)
	}
	o.after = nil
	return nil
}

// midFrame reports whether the client has got a part of a frame.
func (o *outbound) midFrame() bool {
	return o.inFrame && (o.frame.opcode.control() || o.message == passing)
}

// insert puts our own frames where there is room for them: answers between two
// messages, the close frame between two frames.
func (o *outbound) insert() {
	if o.shut || o.midFrame() {
		return
	}
	if o.message == between || o.message == peeking {
		o.batch = append(o.batch, o.queue...)
		o.queue = o.queue[:0]
		o.room.Broadcast()
	}
	if o.end != nil {
		o.batch = append(o.batch, o.end.frame()...)
		o.finish()
	}
}

// finish lets nothing follow, and nobody wait for room any more.
func (o *outbound) finish() {
	o.shut = true
	o.room.Broadcast()
}

// answer sends a message of ours to the client, or puts it in line behind the
// server's. It waits while the line is long, as the client may read slowly.
func (o *outbound) answer(message []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > maxQueue && o.end == nil && !o.shut {
		o.room.Wait()
	}
	if o.shut {
		return nil
	}
	o.queue = appendFrame(o.queue, o.kind, message)
	o.batch = o.batch[:0]
	o.insert()
	return o.flush()
}

// closeWith ends the socket: at once between two frames, else after the frame
// that is under way.
func (o *outbound) closeWith(c *Close) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end == nil {
		o.end = c
	}
	o.room.Broadcast()
	o.batch = o.batch[:0]
	o.insert()
	_ = o.flush() // the client may be gone
}

// fail ends the socket because of the server. Nothing that fails leaves the
// client in the middle of a frame.
func (o *outbound) fail(c *Close) error {
	o.batch = append(o.batch, c.frame()...)
	o.finish()
	_ = o.flush() // the client may be gone
	return c
}

// stop lets nothing more reach the client.
func (o *outbound) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finish()
}

var errServer = &Close{Fault, "the database server broke its protocol"}
