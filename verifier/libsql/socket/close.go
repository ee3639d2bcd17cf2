package socket

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"
)

// Code is why a socket ends (RFC 6455, section 7.4.1).
type Code uint16

// The codes that a gate sends.
const (
	Normal        Code = 1000
	ProtocolError Code = 1002
	Unsupported   Code = 1003
	NotConsistent Code = 1007 // a message that is not what its type or sub-protocol has
	Policy        Code = 1008
	TooBig        Code = 1009
	Fault         Code = 1011
	TryAgain      Code = 1013
)

// maxReason is what a close frame has room for, in bytes: 125 less the code.
const maxReason = 123

// Close ends a socket, with a reason that clients show.
type Close struct {
	Code   Code
	Reason string // cut to 123 bytes
}

// Error is the reason.
func (c *Close) Error() string { return c.Reason }

// frame is the close frame, as a server sends it.
func (c *Close) frame() []byte {
	reason := strings.ToValidUTF8(c.Reason[:min(len(c.Reason), maxReason)], "")
	payload := append(binary.BigEndian.AppendUint16(nil, uint16(c.Code)), reason...)
	return appendFrame(nil, opClose, payload)
}

// closeFor is how an error ends a socket: as it says itself, else as our fault.
func closeFor(err error) *Close {
	if c, ok := errors.AsType[*Close](err); ok {
		return c
	}
	return &Close{Fault, "something went wrong at the gate"}
}

// checkClose judges the payload of a client's close frame (RFC 6455, section 5.5.1).
func checkClose(payload []byte) error {
	if len(payload) == 0 {
		return nil
	}
	if len(payload) == 1 || !sendable(binary.BigEndian.Uint16(payload)) {
		return &Close{ProtocolError, "close frame without a valid code"}
	}
	if !utf8.Valid(payload[2:]) {
		return &Close{NotConsistent, "close reason is not UTF-8"}
	}
	return nil
}

// sendable reports a code that may stand in a frame (RFC 6455, section 7.4).
func sendable(code uint16) bool {
	switch {
	case code == 1004, code == 1005, code == 1006, code == 1015:
		return false
	default:
		return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
	}
}
