package socket

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"
)

// keptBuffer is the largest buffer that a socket keeps between messages, in bytes.
const keptBuffer = 64 << 10

// inbound turns the client's frames into frames for the server. It belongs to the
// goroutine that reads.
type inbound struct {
	from     *bufio.Reader
	kind     opcode
	message  bytes.Buffer // fragments so far
	unread   int64        // bytes of the payload of a frame whose header was read
	started  bool         // a message has begun and not ended
	closed   bool         // the client has sent its close frame
	pending  []byte       // frames for the server
	pendings []byte       // the buffer of pending
}

// next reads one frame. It gives a whole message when the frame ends one; other
// frames go on as they are.
func (in *inbound) next(limit int64) (message []byte, whole bool, err error) {
	h, err := readHeader(in.from)
	if err != nil {
		return nil, false, err
	}
	in.unread = h.length
	switch {
	case !h.masked:
		return nil, false, &Close{ProtocolError, "frames of a client must be masked"}
	case h.opcode.control():
		return nil, false, in.control(h)
	case h.opcode == opContinuation != in.started:
		return nil, false, &Close{ProtocolError, "fragments of messages are mixed up"}
	case !in.started && h.opcode != in.kind:
		return nil, false, &Close{Unsupported, "messages of this type are not understood here"}
	case h.length > limit-int64(in.message.Len()):
		return nil, false, &Close{TooBig, "the message is too large"}
	}
	start := in.message.Len()
	if _, err := io.CopyN(&in.message, in.from, h.length); err != nil {
		return nil, false, err
	}
	in.unread = 0
	applyMask(h.mask, in.message.Bytes()[start:])
	if in.started = !h.final; in.started {
		return nil, false, nil
	}
	message = in.message.Bytes()
	if in.kind == opText && !utf8.Valid(message) {
		return nil, false, &Close{NotConsistent, "the message is not UTF-8"}
	}
	return message, true, nil
}

// control passes a control frame on, which may stand between fragments.
func (in *inbound) control(h header) error {
	payload := make([]byte, h.length)
	if _, err := io.ReadFull(in.from, payload); err != nil {
		return err
	}
	in.unread = 0
	applyMask(h.mask, payload)
	if h.opcode == opClose {
		if err := checkClose(payload); err != nil {
			return err
		}
		in.closed = true
	}
	in.forward(h.opcode, payload)
	return nil
}

// forward puts frames in line for the server, once those before them are taken.
func (in *inbound) forward(op opcode, payloads ...[]byte) {
	in.pendings = in.pendings[:0]
	for _, payload := range payloads {
		in.pendings = appendMessage(in.pendings, op, payload)
	}
	in.pending = in.pendings
}

// done lets go of the message that was given out, and of buffers that grew large.
func (in *inbound) done() {
	in.message.Reset()
	if in.message.Cap() > keptBuffer {
		in.message = bytes.Buffer{}
	}
}

// take copies pending frames to p.
func (in *inbound) take(p []byte) int {
	n := copy(p, in.pending)
	in.pending = in.pending[n:]
	if len(in.pending) == 0 && cap(in.pendings) > keptBuffer {
		in.pending, in.pendings = nil, nil
	}
	return n
}

// drain reads on until the client has answered our close frame, so that the
// connection is not reset before the client has read why. It begins with what is
// left of a frame that was refused for its header.
func (in *inbound) drain() {
	for {
		if _, err := io.CopyN(io.Discard, in.from, in.unread); err != nil || in.closed {
			return
		}
		h, err := readHeader(in.from)
		if err != nil {
			return
		}
		in.closed, in.unread = h.opcode == opClose, h.length
	}
}

func readHeader(from *bufio.Reader) (header, error) {
	for n := 2; ; n++ {
		b, err := from.Peek(min(max(n, from.Buffered()), maxHeader))
		if err != nil {
			return header{}, err
		}
		h, size, err := parseHeader(b)
		if err != nil {
			return header{}, err
		}
		if size > 0 {
			_, err := from.Discard(size)
			return h, err
		}
	}
}
