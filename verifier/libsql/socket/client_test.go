package socket

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestWhatAClientMayNotSendEndsTheSocket(t *testing.T) {
	for name, c := range map[string]struct {
		send   []byte
		code   Code
		reason string
	}{
		"a frame without a mask":                 {unmasked(opText, "hi"), ProtocolError, "frames of a client must be masked"},
		"a ping without a mask":                  {unmasked(opPing, ""), ProtocolError, "frames of a client must be masked"},
		"compressed":                             {[]byte{0xC1, 0x80, 0, 0, 0, 0}, ProtocolError, "reserved bits are set"},
		"a reserved opcode":                      {[]byte{0x83, 0x80, 0, 0, 0, 0}, ProtocolError, "unknown opcode"},
		"a reserved control opcode":              {[]byte{0x8B, 0x80, 0, 0, 0, 0}, ProtocolError, "unknown opcode"},
		"a ping of 126 bytes":                    {[]byte{0x89, 0xFE, 0, 126}, ProtocolError, errControl.Reason},
		"a fragmented ping":                      {[]byte{0x09, 0x80, 0, 0, 0, 0}, ProtocolError, errControl.Reason},
		"a length in too many bytes":             {[]byte{0x81, 0xFE, 0, 5, 0, 0, 0, 0}, ProtocolError, errLength.Reason},
		"a length over 63 bits":                  {[]byte{0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, ProtocolError, errLength.Reason},
		"a continuation of nothing":              {fragment(opContinuation, true, "x"), ProtocolError, "fragments of messages are mixed up"},
		"two messages at once":                   {append(fragment(opText, false, "a"), fragment(opText, true, "b")...), ProtocolError, "fragments of messages are mixed up"},
		"a binary message":                       {masked(opBinary, "x"), Unsupported, "messages of this type are not understood here"},
		"a message over the limit":               {[]byte{0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0}, TooBig, "the message is too large"},
		"text that is not UTF-8":                 {masked(opText, "\xff"), NotConsistent, "the message is not UTF-8"},
		"a character cut by the end of the text": {append(fragment(opText, false, "\xe2"), fragment(opContinuation, true, "\x82")...), NotConsistent, "the message is not UTF-8"},
		"a close frame of one byte":              {masked(opClose, "\x03"), ProtocolError, "close frame without a valid code"},
		"a close code that is never sent":        {masked(opClose, "\x03\xed"), ProtocolError, "close frame without a valid code"},
		"a close reason that is not UTF-8":       {masked(opClose, "\x03\xe8\xff"), NotConsistent, "close reason is not UTF-8"},
		"a session that fails":                   {masked(opText, "fail"), Fault, "something went wrong at the gate"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.send(c.send)
			r.wantClose(c.code, c.reason)
			if rest, _ := io.ReadAll(r.server); len(rest) > 0 {
				t.Errorf("the server got %q", rest)
			}
		})
	}
}

func TestFragmentsOverTheLimitTogetherEndTheSocket(t *testing.T) {
	r := newRig(t)
	r.send(fragment(opText, false, strings.Repeat("a", 1<<20)), fragment(opContinuation, true, "b"))
	r.wantClose(TooBig, "the message is too large")
}

func TestMessagesGoOnWholeAndMaskedAfresh(t *testing.T) {
	r := newRig(t)
	r.send(
		masked(opText, "one"), fragment(opText, false, "t\xe2\x82"), masked(opPing, "p"),
		fragment(opContinuation, false, ""), fragment(opContinuation, true, "\xacwo"), masked(opText, ""),
		masked(opText, strings.Repeat("long", 50_000)),
	)
	r.wantMessage(r.server, "one")
	if h, payload := r.frame(r.server); h.opcode != opPing || payload != "p" || !h.masked {
		t.Errorf("got opcode %d %q, want the ping between the fragments", h.opcode, payload)
	}
	r.wantMessage(r.server, "t\u20acwo")
	r.wantMessage(r.server, "")
	r.wantMessage(r.server, strings.Repeat("long", 50_000))
}

func TestALongMessageGoesOnInSeveralFrames(t *testing.T) {
	long := strings.Repeat("x", 2*maxFrame+1)
	frames := bytes.NewReader(appendMessage(nil, opText, []byte(long)))
	var got strings.Builder
	for _, want := range []header{{opcode: opText, length: maxFrame}, {length: maxFrame}, {final: true, length: 1}} {
		h, payload, err := readFrame(frames)
		if err != nil || h.opcode != want.opcode || h.final != want.final || h.length != want.length || !h.masked {
			t.Errorf("got %+v, %v", h, err)
		}
		got.WriteString(payload)
	}
	if got.String() != long || frames.Len() > 0 {
		t.Error("the message changed on its way")
	}
}

func TestFramesSentBeforeTheUpgradeAreJudgedToo(t *testing.T) {
	r := newRig(t, append(masked(opText, "no way"), masked(opText, "first")[:5]...)...)
	r.wantMessage(r.client, "refused: no way")
	_ = r.client.Close()
	if rest, _ := io.ReadAll(r.server); len(rest) > 0 {
		t.Errorf("the server got %q of half a frame", rest)
	}
}

func TestARefusedMessageIsAnsweredAndTheSocketLives(t *testing.T) {
	r := newRig(t)
	r.send(masked(opText, "no 1"), masked(opText, "yes"), masked(opText, "no 2"))
	r.wantMessage(r.client, "refused: no 1")
	r.wantMessage(r.server, "yes")
	r.wantMessage(r.client, "refused: no 2")
}

func TestTheLastAnswerComesBeforeTheCloseFrame(t *testing.T) {
	r := newRig(t)
	r.send(masked(opText, "end"), masked(opText, "more"))
	r.wantMessage(r.client, "last")
	r.wantClose(Normal, "asked for")
	if rest, _ := io.ReadAll(r.server); len(rest) > 0 {
		t.Errorf("the server got %q after the end", rest)
	}
}

func TestNothingFollowsAClientsCloseFrame(t *testing.T) {
	r := newRig(t)
	r.send(masked(opClose, "\x03\xe8"), masked(opText, "more"))
	if h, payload := r.frame(r.server); h.opcode != opClose || payload != "\x03\xe8" {
		t.Errorf("got opcode %d %q", h.opcode, payload)
	}
	r.serve(unmasked(opClose, "\x03\xe8"))
	if h, payload := r.frame(r.client); h.opcode != opClose || payload != "\x03\xe8" {
		t.Errorf("got opcode %d %q", h.opcode, payload)
	}
	_ = r.server.Close()
	<-r.done
	if _, _, err := readFrame(r.client); err == nil {
		t.Error("the client got two close frames")
	}
}
