package hrana

// Codec is an encoding of the requests and answers that have streams. [JSON] and
// [Protobuf] are the two that there are.
type Codec interface {
	// DecodePipeline and DecodeCursor read requests; errors are [ErrMalformed] or [ErrTooMany].
	DecodePipeline(body []byte) (*Pipeline, error)
	DecodeCursor(body []byte) (*Cursor, error)
	EncodePipeline(p *Pipeline) ([]byte, error)
	EncodeCursor(c *Cursor) ([]byte, error)

	// DecodeResponse reads an answer to a pipeline, without the base URL in it: that
	// names the server behind the gate. The error is [ErrResponse].
	DecodeResponse(body []byte) (*Response, error)
	EncodeResponse(r *Response) ([]byte, error)

	// Failed, Closed and Stored are results that the server was not asked for.
	Failed(e Error) Result
	Closed() Result
	Stored() Result
	// SequenceResult turns the result of a batch that was sent in place of a
	// [Sequence] into the one that the client expects. The error is [ErrResponse].
	SequenceResult(batch Result) (Result, error)
	// FailedCursor is the whole answer to a cursor whose given step was refused.
	FailedCursor(baton string, step int, e Error) []byte

	// The rewriters replace batons, and drop base URLs.
	RewriteRequest(baton Rebaton) Rewriter
	RewriteResponse(baton Rebaton) Rewriter
	RewriteCursor(baton Rebaton) Rewriter

	// FirstValue is the first value of the first row of a result. The error is
	// [ErrResponse], as well for a result that failed.
	FirstValue(r Result) (Value, error)

	// PipelinePath is where pipelines go, in the newest version of the protocol.
	PipelinePath() string
	// ContentType is of pipelines, both ways, CursorType of answers to cursors.
	ContentType() string
	CursorType() string
}

// Interface guards
var (
	_ Codec = JSON{}
	_ Codec = Protobuf{}
)

// ContentType implements [Codec].
func (JSON) ContentType() string { return "application/json" }

// PipelinePath implements [Codec].
func (JSON) PipelinePath() string { return "/v3/pipeline" }

// CursorType implements [Codec].
func (JSON) CursorType() string { return "text/plain" }

// ContentType implements [Codec].
func (Protobuf) ContentType() string { return "application/x-protobuf" }

// PipelinePath implements [Codec].
func (Protobuf) PipelinePath() string { return "/v3-protobuf/pipeline" }

// CursorType implements [Codec].
func (Protobuf) CursorType() string { return "application/octet-stream" }
