package hrana

import "google.golang.org/protobuf/encoding/protowire"

// The numbers of fields and of the members of oneofs, as HRANA_3_SPEC has them. The
// replication indexes are sqld's own.

// The fields of a pipeline and of a cursor, and of the answers to them.
const (
	protoBaton    protowire.Number = 1
	protoRequests protowire.Number = 2 // of a pipeline
	protoCursor   protowire.Number = 2 // the batch of a cursor
	protoResults  protowire.Number = 3 // of the answer to a pipeline
)

// The requests of a pipeline, and the responses to them.
const (
	protoStreamClose protowire.Number = 1 + iota
	protoStreamExecute
	protoStreamBatch
	protoStreamSequence
	protoStreamDescribe
	protoStreamStoreSQL
	protoStreamCloseSQL
	protoStreamGetAutocommit
)

// The fields of a sequence and of a text to describe; in a request over WebSocket
// each has the next number, as the stream is before them.
const (
	protoSQL protowire.Number = 1 + iota
	protoSQLID
	protoSQLReplicationIndex
)

// The fields of a request to store a text; one to close it has the id alone.
const (
	protoTextID protowire.Number = 1 + iota
	protoTextSQL
)

// The fields of a statement.
const (
	protoStmtSQL protowire.Number = 1 + iota
	protoStmtSQLID
	protoStmtArgs
	protoStmtNamedArgs
	protoStmtWantRows
	protoStmtReplicationIndex
)

// The fields of a named argument.
const (
	protoArgName protowire.Number = 1 + iota
	protoArgValue
)

// The fields of a batch.
const (
	protoBatchSteps protowire.Number = 1 + iota
	protoBatchReplicationIndex
)

// The fields of a step.
const (
	protoStepCondition protowire.Number = 1 + iota
	protoStepStmt
)

// The kinds of conditions.
const (
	protoConditionStepOK protowire.Number = 1 + iota
	protoConditionStepError
	protoConditionNot
	protoConditionAnd
	protoConditionOr
	protoConditionIsAutocommit
)

// The kinds of values.
const (
	protoValueNull protowire.Number = 1 + iota
	protoValueInteger
	protoValueFloat
	protoValueText
	protoValueBlob
)

// The two kinds of a result.
const (
	protoResultOK protowire.Number = 1 + iota
	protoResultError
)

// The requests over WebSocket, and the answers to them.
const (
	protoOpenStream protowire.Number = 2 + iota
	protoCloseStream
	protoExecute
	protoBatch
	protoOpenCursor
	protoCloseCursor
	protoFetchCursor
	protoSequence
	protoDescribe
	protoStoreSQL
	protoCloseSQL
	protoGetAutocommit
)

// The messages of a server over WebSocket.
const (
	protoHelloOK protowire.Number = 1 + iota
	protoHelloError
	protoResponseOK
	protoResponseError
)
