package hrana

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// DecodeEnvelope implements [SocketCodec].
func (Protobuf) DecodeEnvelope(message []byte) (e Envelope, err error) {
	d := newProtoReader(math.MaxInt)
	f := d.fields(message)
	for f.next() {
		if f.number > 2 {
			continue
		}
		f.oneOf()
		switch f.number {
		case 1:
			e.Hello = &Hello{optional(d, f.element(), 1, (*protoFields).text)}
		case 2:
			e.RequestID, e.Request = d.envelope(f.element())
		}
	}
	if f.members == 0 {
		d.fail("neither a hello nor a request")
	}
	if d.err != nil {
		return Envelope{}, d.err
	}
	return e, nil
}

// envelope takes the id off a request. What is left is a message too.
func (d *protoReader) envelope(message []byte) (id int32, content []byte) {
	f := d.fields(message)
	for rest := message; f.next(); rest = f.rest {
		if f.number == 1 {
			id = f.int32()
			continue
		}
		content = append(content, rest[:len(rest)-len(f.rest)]...)
	}
	return id, content
}

// EncodeEnvelope implements [SocketCodec].
func (Protobuf) EncodeEnvelope(id int32, request []byte) []byte {
	return appendMessage(nil, 2, append(appendNumber(nil, 1, uint64(id)), request...))
}

// EncodeHello implements [SocketCodec].
func (Protobuf) EncodeHello(h Hello) []byte {
	return appendMessage(nil, 1, appendText(nil, 1, &h.JWT))
}

// DecodeSocketRequest implements [SocketCodec].
func (p Protobuf) DecodeSocketRequest(request []byte) (SocketRequest, error) {
	d := newProtoReader(p.MaxSteps)
	r := d.socketRequest(request)
	if d.err != nil {
		return nil, d.err
	}
	return r, nil
}

// EncodeSocketRequest implements [SocketCodec].
func (p Protobuf) EncodeSocketRequest(id int32, r SocketRequest) ([]byte, error) {
	return p.EncodeEnvelope(id, appendSocketRequest(nil, r)), nil
}

func (d *protoReader) socketRequest(message []byte) (r SocketRequest) {
	f := d.fields(message)
	for f.next() {
		if f.number > protoGetAutocommit {
			continue
		}
		f.oneOf()
		inner := f.element()
		switch f.number {
		case protoOpenStream:
			r = OpenStream{d.id(inner, 1)}
		case protoCloseStream:
			r = CloseStream{d.id(inner, 1)}
		case protoOpenCursor:
			r = OpenCursor{d.id(inner, 1), d.id(inner, 2), d.batch(d.member(inner, 3))}
		case protoCloseCursor:
			r = CloseCursor{d.id(inner, 1)}
		case protoFetchCursor:
			r = FetchCursor{d.id(inner, 1), optional(d, inner, 2, (*protoFields).uint32)}
		case protoStoreSQL:
			r = d.storeSQL(inner)
		case protoCloseSQL:
			r = d.closeSQL(inner)
		default:
			r = d.onStream(f.number, inner)
		}
	}
	if f.members == 0 {
		d.fail("a request without its type")
	}
	return r
}

func (d *protoReader) onStream(number protowire.Number, message []byte) OnStream {
	on := OnStream{Stream: d.id(message, 1)}
	switch number {
	case protoExecute:
		on.Request, on.ReplicationIndex = Execute{d.stmt(d.member(message, 2))}, optional(d, message, 3, (*protoFields).index)
	case protoBatch:
		on.Request = RunBatch{d.batch(d.member(message, 2))}
	case protoSequence:
		text, index := d.textFrom(message, 2)
		on.Request = Sequence{text, index}
	case protoDescribe:
		text, index := d.textFrom(message, 2)
		on.Request = Describe{text, index}
	case protoGetAutocommit:
		on.Request = GetAutocommit{}
	default:
		d.fail("a request of an unknown type")
	}
	return on
}

// id is that of a stream, a cursor or a request.
func (d *protoReader) id(message []byte, number protowire.Number) int32 {
	return optional(d, message, number, (*protoFields).int32)
}

func appendSocketRequest(b []byte, r SocketRequest) []byte {
	switch r := r.(type) {
	case OpenStream:
		return appendMessage(b, protoOpenStream, appendNumber(nil, 1, uint64(r.Stream)))
	case CloseStream:
		return appendMessage(b, protoCloseStream, appendNumber(nil, 1, uint64(r.Stream)))
	case OpenCursor:
		ids := appendNumber(appendNumber(nil, 1, uint64(r.Stream)), 2, uint64(r.Cursor))
		return appendMessage(b, protoOpenCursor, appendMessage(ids, 3, appendBatch(nil, r.Batch)))
	case CloseCursor:
		return appendMessage(b, protoCloseCursor, appendNumber(nil, 1, uint64(r.Cursor)))
	case FetchCursor:
		return appendMessage(b, protoFetchCursor, appendNumber(appendNumber(nil, 1, uint64(r.Cursor)), 2, uint64(r.MaxCount)))
	case StoreSQL:
		return appendMessage(b, protoStoreSQL, appendText(appendNumber(nil, protoTextID, uint64(r.ID)), protoTextSQL, &r.SQL))
	case CloseSQL:
		return appendMessage(b, protoCloseSQL, appendNumber(nil, protoTextID, uint64(r.ID)))
	case OnStream:
		return appendOnStream(b, r)
	default:
		return b // no request of the protocol: the server refuses it
	}
}

func appendOnStream(b []byte, on OnStream) []byte {
	stream := appendNumber(nil, 1, uint64(on.Stream))
	switch r := on.Request.(type) {
	case Execute:
		content := appendMessage(stream, 2, appendStmt(nil, r.Stmt))
		return appendMessage(b, protoExecute, appendIndex(content, 3, on.ReplicationIndex))
	case RunBatch:
		return appendMessage(b, protoBatch, appendMessage(stream, 2, appendBatch(nil, r.Batch)))
	case Sequence:
		return appendMessage(b, protoSequence, appendIndex(appendSQL(stream, 2, r.Text), 4, r.ReplicationIndex))
	case Describe:
		return appendMessage(b, protoDescribe, appendIndex(appendSQL(stream, 2, r.Text), 4, r.ReplicationIndex))
	default: // GetAutocommit
		return appendMessage(b, protoGetAutocommit, stream)
	}
}
