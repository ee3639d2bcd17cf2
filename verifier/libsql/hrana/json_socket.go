package hrana

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type (
	wireEnvelope struct {
		Type      string         `json:"type"`
		JWT       *string        `json:"jwt"`
		RequestID *int32         `json:"request_id"`
		Request   jsontext.Value `json:"request"`
	}
	wireHello struct {
		Type string `json:"type"`
		JWT  string `json:"jwt"`
	}
	// wireSocketRequest is a request of a stream with what WebSocket adds to it.
	wireSocketRequest struct {
		wireRequest
		Stream   *int32  `json:"stream_id,omitzero"`
		Cursor   *int32  `json:"cursor_id,omitzero"`
		MaxCount *uint32 `json:"max_count,omitzero"`
	}
	wireSocketAnswer struct {
		Type      string         `json:"type"`
		RequestID int32          `json:"request_id"`
		Response  jsontext.Value `json:"response,omitzero"`
		Error     jsontext.Value `json:"error,omitzero"`
	}
	wireHelloError struct {
		Type  string `json:"type"`
		Error Error  `json:"error"`
	}
)

const (
	typeHello         = "hello"
	typeRequest       = "request"
	typeHelloOK       = "hello_ok"
	typeHelloError    = "hello_error"
	typeResponseOK    = "response_ok"
	typeResponseError = "response_error"
	typeOpenStream    = "open_stream"
	typeCloseStream   = "close_stream"
	typeOpenCursor    = "open_cursor"
	typeCloseCursor   = "close_cursor"
	typeFetchCursor   = "fetch_cursor"
)

// DecodeEnvelope reads a message of a client; the error is [ErrMalformed].
func (JSON) DecodeEnvelope(message []byte) (Envelope, error) {
	var w wireEnvelope
	if err := json.Unmarshal(message, &w); err != nil {
		return Envelope{}, explain(err)
	}
	switch {
	case w.Type == typeHello:
		return Envelope{Hello: &Hello{deref(w.JWT)}}, nil
	case w.Type != typeRequest:
		return Envelope{}, fmt.Errorf("%w: the type of the message is unknown", ErrMalformed)
	case w.RequestID == nil || w.Request.Kind() != '{':
		return Envelope{}, fmt.Errorf("%w: a request needs request_id and request", ErrMalformed)
	}
	return Envelope{RequestID: *w.RequestID, Request: w.Request}, nil
}

// EncodeHello writes a hello.
func (JSON) EncodeHello(h Hello) []byte { return mustMarshal(wireHello{typeHello, h.JWT}) }

// EncodeEnvelope writes a request whose content stays as it is.
func (JSON) EncodeEnvelope(id int32, request []byte) []byte {
	text := make([]byte, 0, len(request)+64)
	text = append(text, `{"type":"request","request_id":`...)
	text = strconv.AppendInt(text, int64(id), 10)
	text = append(text, `,"request":`...)
	return append(append(text, request...), '}')
}

// DecodeSocketRequest reads the content of a request; errors are as of [JSON.DecodePipeline].
func (j JSON) DecodeSocketRequest(request []byte) (SocketRequest, error) {
	var w wireSocketRequest
	if err := j.unmarshal(request, &w); err != nil {
		return nil, err
	}
	r, err := w.model()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return r, nil
}

// EncodeSocketRequest writes a whole request.
func (j JSON) EncodeSocketRequest(id int32, r SocketRequest) ([]byte, error) {
	request, err := json.Marshal(newWireSocketRequest(r))
	if err != nil {
		return nil, err
	}
	return j.EncodeEnvelope(id, request), nil
}

func (w *wireSocketRequest) model() (SocketRequest, error) {
	switch w.Type {
	case typeClose:
		return nil, errors.New("its type is unknown")
	case typeStoreSQL, typeCloseSQL:
		r, err := w.wireRequest.model()
		if err != nil {
			return nil, err
		}
		return r.(SocketRequest), nil
	case typeCloseCursor, typeFetchCursor:
		return w.onCursor()
	}
	if w.Stream == nil {
		return nil, errors.New("it needs a type that is known, and stream_id")
	}
	switch w.Type {
	case typeOpenStream:
		return OpenStream{*w.Stream}, nil
	case typeCloseStream:
		return CloseStream{*w.Stream}, nil
	case typeOpenCursor:
		if w.Cursor == nil {
			return nil, errors.New("open_cursor needs cursor_id")
		}
		batch, err := w.Batch.model()
		return OpenCursor{*w.Stream, *w.Cursor, batch}, err
	}
	r, err := w.wireRequest.model()
	if err != nil {
		return nil, err
	}
	on := OnStream{Stream: *w.Stream, Request: r}
	if w.Type == typeExecute {
		on.ReplicationIndex = w.ReplicationIndex.model()
	}
	return on, nil
}

func (w *wireSocketRequest) onCursor() (SocketRequest, error) {
	switch {
	case w.Cursor == nil:
		return nil, errors.New("it needs cursor_id")
	case w.Type == typeCloseCursor:
		return CloseCursor{*w.Cursor}, nil
	case w.MaxCount == nil:
		return nil, errors.New("fetch_cursor needs max_count")
	}
	return FetchCursor{*w.Cursor, *w.MaxCount}, nil
}

func newWireSocketRequest(r SocketRequest) wireSocketRequest {
	switch r := r.(type) {
	case OpenStream:
		return wireSocketRequest{wireRequest: wireRequest{Type: typeOpenStream}, Stream: &r.Stream}
	case CloseStream:
		return wireSocketRequest{wireRequest: wireRequest{Type: typeCloseStream}, Stream: &r.Stream}
	case OpenCursor:
		w := wireRequest{Type: typeOpenCursor, Batch: newWireBatch(r.Batch)}
		return wireSocketRequest{wireRequest: w, Stream: &r.Stream, Cursor: &r.Cursor}
	case CloseCursor:
		return wireSocketRequest{wireRequest: wireRequest{Type: typeCloseCursor}, Cursor: &r.Cursor}
	case FetchCursor:
		return wireSocketRequest{wireRequest: wireRequest{Type: typeFetchCursor}, Cursor: &r.Cursor, MaxCount: &r.MaxCount}
	case OnStream:
		w := wireSocketRequest{wireRequest: newWireRequest(r.Request), Stream: &r.Stream}
		if r.ReplicationIndex != nil {
			w.ReplicationIndex = newWireIndex(r.ReplicationIndex)
		}
		return w
	default: // StoreSQL and CloseSQL
		return wireSocketRequest{wireRequest: newWireRequest(r.(Request))}
	}
}

// HelloError answers a hello that was refused.
func (JSON) HelloError(e Error) []byte { return mustMarshal(wireHelloError{typeHelloError, e}) }

// ResponseError answers a request that was refused.
func (JSON) ResponseError(id int32, e Error) []byte {
	return mustMarshal(wireSocketAnswer{Type: typeResponseError, RequestID: id, Error: mustMarshal(e)})
}

// ResponseStored answers a [StoreSQL] that was not asked of the server.
func (JSON) ResponseStored(id int32) []byte { return responseOK(id, typeStoreSQL) }

// ResponseCursorClosed answers a [CloseCursor] that was not asked of the server.
func (JSON) ResponseCursorClosed(id int32) []byte { return responseOK(id, typeCloseCursor) }

func responseOK(id int32, kind string) []byte {
	response := jsontext.Value(`{"type":"` + kind + `"}`)
	return mustMarshal(wireSocketAnswer{Type: typeResponseOK, RequestID: id, Response: response})
}

// PeekServer reads how a message of the server begins, as far as the id of the
// request that it answers. The error is [ErrResponse].
func (JSON) PeekServer(head []byte) (kind ServerKind, id int32, err error) {
	dec := jsontext.NewDecoder(bytes.NewReader(head), lenient)
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return 0, 0, fmt.Errorf("%w: want an object", ErrResponse)
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			break
		}
		member := name.String()
		value, err := dec.ReadToken()
		switch {
		case err != nil || value.Kind() == '{' || value.Kind() == '[':
			return 0, 0, fmt.Errorf("%w: its id does not stand at the beginning", ErrResponse)
		case member == "type" && (value.String() == typeHelloOK || value.String() == typeHelloError):
			return ServerHello, 0, nil
		case member == "request_id":
			n, err := strconv.ParseInt(value.String(), 10, 32)
			if err != nil {
				return 0, 0, fmt.Errorf("%w: request_id", ErrResponse)
			}
			return ServerRequest, int32(n), nil
		}
	}
	return 0, 0, fmt.Errorf("%w: its id does not stand at the beginning", ErrResponse)
}

// SequenceAnswer is [JSON.SequenceResult] for an answer over WebSocket.
func (j JSON) SequenceAnswer(message []byte) ([]byte, error) {
	var w wireSocketAnswer
	if err := json.Unmarshal(message, &w, lenient); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResponse, err)
	}
	if w.Type != typeResponseOK {
		return message, nil
	}
	failure, err := firstFailure(w.Response)
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return json.Marshal(wireSocketAnswer{Type: typeResponseError, RequestID: w.RequestID, Error: failure}, lenient)
	}
	return responseOK(w.RequestID, typeSequence), nil
}

// AnswerValue implements [SocketCodec]: answers have their rows where results have them.
func (j JSON) AnswerValue(message []byte) (Value, error) { return j.FirstValue(message) }
