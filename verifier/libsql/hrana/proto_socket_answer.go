package hrana

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// HelloError implements [SocketCodec].
func (Protobuf) HelloError(e Error) []byte {
	return appendMessage(nil, protoHelloError, appendMessage(nil, 1, appendError(nil, e)))
}

// ResponseError implements [SocketCodec].
func (Protobuf) ResponseError(id int32, e Error) []byte {
	return protoFailed(id, appendError(nil, e))
}

func protoFailed(id int32, failure []byte) []byte {
	return appendMessage(nil, protoResponseError, appendMessage(appendNumber(nil, 1, uint64(id)), 2, failure))
}

// ResponseStored implements [SocketCodec].
func (Protobuf) ResponseStored(id int32) []byte { return protoAnswered(id, protoStoreSQL) }

// ResponseCursorClosed implements [SocketCodec].
func (Protobuf) ResponseCursorClosed(id int32) []byte { return protoAnswered(id, protoCloseCursor) }

// protoAnswered is the answer to a request that gives nothing.
func protoAnswered(id int32, request protowire.Number) []byte {
	return appendMessage(nil, protoResponseOK, appendMessage(appendNumber(nil, 1, uint64(id)), request, nil))
}

// PeekServer implements [SocketCodec]. The server writes fields in the order of
// their numbers and leaves out an id that is 0.
func (Protobuf) PeekServer(head []byte) (kind ServerKind, id int32, err error) {
	d := answerReader()
	f := d.fields(head)
	tag, ok := f.varint()
	number, wire := protowire.DecodeTag(tag)
	size, whole := f.varint()
	switch {
	case !ok || !whole || wire != protowire.BytesType:
	case number == protoHelloOK, number == protoHelloError:
		return ServerHello, 0, nil
	case number != protoResponseOK && number != protoResponseError:
	case size == 0:
		return ServerRequest, 0, nil
	default:
		if id, ok = f.leadingID(); ok {
			return ServerRequest, id, nil
		}
	}
	return 0, 0, fmt.Errorf("%w: its id does not stand at the beginning", ErrResponse)
}

// leadingID is field 1 of a message whose end may not be there, or 0 if it begins
// with another.
func (f *protoFields) leadingID() (id int32, ok bool) {
	tag, ok := f.varint()
	if number, _ := protowire.DecodeTag(tag); !ok || number != 1 {
		return 0, ok && number > 1
	}
	v, ok := f.varint()
	return int32(v), ok && int64(v) == int64(int32(v))
}

// SequenceAnswer implements [SocketCodec].
func (Protobuf) SequenceAnswer(message []byte) ([]byte, error) {
	d := answerReader()
	if d.hasMember(message, protoResponseError) {
		return message, d.answerError()
	}
	response := d.member(message, protoResponseOK)
	id, result := d.id(response, 1), d.member(d.member(response, protoBatch), 1)
	if failure := d.firstStepError(result); failure != nil {
		return protoFailed(id, failure), d.answerError()
	}
	return protoAnswered(id, protoSequence), d.answerError()
}

func (d *protoReader) hasMember(message []byte, number protowire.Number) (there bool) {
	f := d.fields(message)
	for f.next() {
		there = there || f.number == number
	}
	return there
}

// AnswerValue implements [SocketCodec].
func (Protobuf) AnswerValue(message []byte) (Value, error) {
	d := answerReader()
	return d.firstValue(d.member(d.member(d.member(message, protoResponseOK), protoExecute), 1))
}

// Interface guards
var (
	_ SocketCodec = JSON{}
	_ SocketCodec = Protobuf{}
)
