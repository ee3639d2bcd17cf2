package hrana

// Error is a refusal or failure inside the protocol: the request of a pipeline
// or the step of a cursor failed, the stream lives on.
type Error struct {
	Message string `json:"message"`
	Code    string `json:"code"`
}

// Codes that sqld has for texts that hold another number of statements than the one they should.
const (
	NoStatement    = "SQL_NO_STATEMENT"
	ManyStatements = "SQL_MANY_STATEMENTS"
)

// Response is the answer to a pipeline.
type Response struct {
	Baton   *string // names the stream for the next request; nil: the stream is closed
	Results []Result
}

// Result is the answer to one request of a pipeline, in the encoding that it came in.
type Result []byte
