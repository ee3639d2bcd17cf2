package socket

import "context"

// Session decides about the messages of one socket. FromClient is called by one
// goroutine, FromServer and Rewrite by another, Recheck by a third. An error ends
// the socket: as a [*Close] says, else with [Fault].
type Session interface {
	// MaxMessage bounds the client's next message, in bytes.
	MaxMessage() int64
	// FromClient is given a message of the client, whole, of which it may keep nothing.
	// It alone may wait, until ctx ends with the socket; nothing else is read meanwhile.
	FromClient(ctx context.Context, message []byte) (Outcome, error)
	// FromServer is given how a message of the server begins: 256 bytes, or all
	// that its first frame has.
	FromServer(head []byte) (Passage, error)
	// Rewrite is given a message that was held, and gives what is sent in its place:
	// nil for nothing.
	Rewrite(message []byte) ([]byte, error)
	// Recheck reports whether the socket may live on.
	Recheck() error
}

// Outcome is what becomes of a message of the client.
type Outcome struct {
	Forward [][]byte // messages that go on to the server
	Answer  []byte   // goes back to the client; nil: nothing does
	Close   *Close   // ends the socket after the answer
}

// Passage is what becomes of a message of the server.
type Passage struct {
	Hold  bool     // the message is given to Rewrite before anything of it goes on
	After [][]byte // messages to the client that follow it
}

// Kind is the type of all messages of a socket.
type Kind byte

// The kinds of messages.
const (
	Text   = Kind(opText)
	Binary = Kind(opBinary)
)
