package rpc

import (
	"encoding/binary"
	"errors"
)

// prefix is what stands before a message: a byte of flags, and four of length.
const prefix = 5

// ErrFrame is a body that is not one whole message without compression.
var ErrFrame = errors.New("not one message in a frame of its own")

// Frame puts a message into its frame.
func Frame(message []byte) []byte {
	frame := make([]byte, prefix, prefix+len(message))
	binary.BigEndian.PutUint32(frame[1:], uint32(len(message)))
	return append(frame, message...)
}

// First takes the first message out of a body, and gives what comes behind it: in
// an answer in gRPC-Web, the trailers. The message is a part of body.
func First(body []byte) (message, rest []byte, err error) {
	if len(body) < prefix || body[0] != 0 {
		return nil, nil, ErrFrame
	}
	size, body := binary.BigEndian.Uint32(body[1:prefix]), body[prefix:]
	if uint64(len(body)) < uint64(size) {
		return nil, nil, ErrFrame
	}
	return body[:size], body[size:], nil
}

// Only is [First] of a body that has to be one message and nothing else.
func Only(body []byte) ([]byte, error) {
	message, rest, err := First(body)
	if err != nil || len(rest) > 0 {
		return nil, ErrFrame
	}
	return message, nil
}
