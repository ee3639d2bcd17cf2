package socket

import (
	"encoding/binary"
	"math/rand/v2"
)

type opcode byte

const (
	opContinuation opcode = 0x0
	opText         opcode = 0x1
	opBinary       opcode = 0x2
	opClose        opcode = 0x8
	opPing         opcode = 0x9
	opPong         opcode = 0xA
)

func (o opcode) control() bool { return o >= opClose }

const (
	maxHeader  = 14  // bytes of the longest header
	maxControl = 125 // bytes of a control frame's payload (RFC 6455, section 5.5)

	maxFrame = 8 << 20 // bytes of a frame's payload for the server; sqld takes 16 MiB
)

// header is the head of a frame (RFC 6455, section 5.2).
type header struct {
	final  bool
	opcode opcode
	masked bool
	mask   [4]byte
	length int64
}

var (
	errReserved = &Close{ProtocolError, "reserved bits are set"}
	errOpcode   = &Close{ProtocolError, "unknown opcode"}
	errControl  = &Close{ProtocolError, "control frame is fragmented or too long"}
	errLength   = &Close{ProtocolError, "length of a frame is not written in the shortest form"}
)

// parseHeader reads the header that b begins with. A size of 0 asks for more bytes.
func parseHeader(b []byte) (h header, size int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h = header{final: b[0]&0x80 != 0, opcode: opcode(b[0] & 0x0F), masked: b[1]&0x80 != 0, length: int64(b[1] & 0x7F)}
	if err := h.check(b[0]); err != nil {
		return h, 0, err
	}
	size = 2
	switch h.length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	lengthEnds := size
	if h.masked {
		size += len(h.mask)
	}
	if len(b) < size {
		return h, 0, nil
	}
	switch lengthEnds {
	case 4:
		h.length = int64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		h.length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	if h.length < 0 || lengthEnds == 4 && h.length < 126 || lengthEnds == 10 && h.length < 1<<16 {
		return h, 0, errLength
	}
	copy(h.mask[:], b[lengthEnds:size])
	return h, size, nil
}

func (h *header) check(first byte) error {
	switch {
	case first&0x70 != 0:
		return errReserved
	case h.opcode > opBinary && h.opcode < opClose || h.opcode > opPong:
		return errOpcode
	case h.opcode.control() && (!h.final || h.length > maxControl):
		return errControl
	}
	return nil
}

// append writes the header, with the length in the shortest form.
func (h header) append(b []byte) []byte {
	first, second := byte(h.opcode), byte(0)
	if h.final {
		first |= 0x80
	}
	if h.masked {
		second = 0x80
	}
	switch {
	case h.length <= maxControl:
		b = append(b, first, second|byte(h.length))
	case h.length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, first, second|126), uint16(h.length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, second|127), uint64(h.length))
	}
	if h.masked {
		b = append(b, h.mask[:]...)
	}
	return b
}

// appendFrame writes a whole frame as a server sends it.
func appendFrame(b []byte, op opcode, payload []byte) []byte {
	b = header{final: true, opcode: op, length: int64(len(payload))}.append(b)
	return append(b, payload...)
}

// appendMessage writes a message as a client sends it, in frames of at most
// maxFrame, because a server may limit those by themselves.
func appendMessage(b []byte, op opcode, payload []byte) []byte {
	for len(payload) > maxFrame {
		b = appendMasked(b, false, op, payload[:maxFrame])
		op, payload = opContinuation, payload[maxFrame:]
	}
	return appendMasked(b, true, op, payload)
}

// appendMasked writes a frame as a client sends it. The generator is seeded by the
// system and cannot be foreseen, as RFC 6455, section 10.3 asks.
func appendMasked(b []byte, final bool, op opcode, payload []byte) []byte {
	h := header{final: final, opcode: op, masked: true, length: int64(len(payload))}
	binary.NativeEndian.PutUint32(h.mask[:], rand.Uint32())
	b = append(h.append(b), payload...)
	applyMask(h.mask, b[len(b)-len(payload):])
	return b
}

// applyMask masks or unmasks a payload (RFC 6455, section 5.3), eight bytes at a time.
func applyMask(mask [4]byte, b []byte) {
	word := uint64(binary.LittleEndian.Uint32(mask[:]))
	word |= word << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= mask[i&3]
	}
}
