package hrana

// Envelope is a message of a client over WebSocket: a hello, or a request whose
// content is not decoded yet.
type Envelope struct {
	Hello     *Hello // nil: a request
	RequestID int32
	Request   []byte // encoded as the message was
}

// Hello authenticates the client, first and whenever it likes.
type Hello struct {
	JWT string // empty: none
}

// SocketRequest is a request over WebSocket: one of the types below, [StoreSQL]
// or [CloseSQL], whose texts belong to the socket.
type SocketRequest interface{ isSocketRequest() }

// The requests over WebSocket.
type (
	// OpenStream begins a stream under an id that the client chose.
	OpenStream struct{ Stream int32 }
	// CloseStream ends a stream.
	CloseStream struct{ Stream int32 }
	// OnStream is a request that HTTP has too: [Execute], [RunBatch], [Sequence],
	// [Describe] or [GetAutocommit].
	OnStream struct {
		Stream           int32
		Request          Request
		ReplicationIndex *uint64 // of Execute, beside that of its statement
	}
	// OpenCursor runs a batch whose rows are fetched bit by bit.
	OpenCursor struct {
		Stream, Cursor int32
		Batch          Batch
	}
	// CloseCursor ends a cursor.
	CloseCursor struct{ Cursor int32 }
	// FetchCursor asks for at most MaxCount entries.
	FetchCursor struct {
		Cursor   int32
		MaxCount uint32
	}
)

func (OpenStream) isSocketRequest()  {}
func (CloseStream) isSocketRequest() {}
func (OnStream) isSocketRequest()    {}
func (OpenCursor) isSocketRequest()  {}
func (CloseCursor) isSocketRequest() {}
func (FetchCursor) isSocketRequest() {}
func (StoreSQL) isSocketRequest()    {}
func (CloseSQL) isSocketRequest()    {}

// ServerKind is what a message of the server is about.
type ServerKind byte

// The kinds of messages of a server.
const (
	ServerHello   ServerKind = iota // an answer to a [Hello]
	ServerRequest                   // an answer to a request
)

// SocketCodec is an encoding of the messages over WebSocket. [JSON] is for
// hrana1, hrana2 and hrana3, [Protobuf] for hrana3-protobuf.
type SocketCodec interface {
	// DecodeEnvelope reads a message of a client; the error is [ErrMalformed].
	DecodeEnvelope(message []byte) (Envelope, error)
	// EncodeEnvelope writes a request whose content stays as it is.
	EncodeEnvelope(id int32, request []byte) []byte
	EncodeHello(h Hello) []byte
	// DecodeSocketRequest reads the content of a request; errors are [ErrMalformed] or [ErrTooMany].
	DecodeSocketRequest(request []byte) (SocketRequest, error)
	// EncodeSocketRequest writes a whole request.
	EncodeSocketRequest(id int32, r SocketRequest) ([]byte, error)

	// HelloError answers a hello, ResponseError a request that was refused.
	HelloError(e Error) []byte
	ResponseError(id int32, e Error) []byte
	// ResponseStored answers a [StoreSQL], ResponseCursorClosed a [CloseCursor], that
	// was not asked of the server.
	ResponseStored(id int32) []byte
	ResponseCursorClosed(id int32) []byte

	// PeekServer reads how a message of the server begins, as far as the id of the
	// request that it answers. The error is [ErrResponse].
	PeekServer(head []byte) (kind ServerKind, id int32, err error)
	// SequenceAnswer turns the answer to a batch that was sent in place of a
	// [Sequence] into the one that the client expects. The error is [ErrResponse].
	SequenceAnswer(message []byte) ([]byte, error)
	// AnswerValue is the first value of the first row of an answer. The error is
	// [ErrResponse], as well for a request that failed.
	AnswerValue(message []byte) (Value, error)
}
