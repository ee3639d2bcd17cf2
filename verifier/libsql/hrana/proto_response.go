package hrana

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// answerReader reads what the server wrote, and has no limits.
func answerReader() *protoReader {
	return &protoReader{requests: math.MaxInt, steps: math.MaxInt, conditions: math.MaxInt, values: math.MaxInt}
}

func (d *protoReader) answerError() error {
	if d.err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrResponse, d.err)
}

// DecodeResponse implements [Codec].
func (Protobuf) DecodeResponse(body []byte) (*Response, error) {
	d, r := answerReader(), &Response{Results: []Result{}}
	f := d.fields(body)
	for f.next() {
		switch f.number {
		case protoBaton:
			r.Baton = new(f.text())
		case protoResults:
			r.Results = append(r.Results, Result(f.element()))
		}
	}
	return r, d.answerError()
}

// EncodeResponse implements [Codec].
func (Protobuf) EncodeResponse(r *Response) ([]byte, error) {
	b := appendText(nil, protoBaton, r.Baton)
	for _, result := range r.Results {
		b = appendMessage(b, protoResults, result)
	}
	return b, nil
}

// Failed implements [Codec].
func (Protobuf) Failed(e Error) Result {
	return appendMessage(nil, protoResultError, appendError(nil, e))
}

// Closed implements [Codec].
func (Protobuf) Closed() Result { return protoSucceeded(protoStreamClose) }

// Stored implements [Codec].
func (Protobuf) Stored() Result { return protoSucceeded(protoStreamStoreSQL) }

// protoSucceeded is the result of a request that gives nothing; responses have
// the numbers of requests.
func protoSucceeded(request protowire.Number) Result {
	return appendMessage(nil, protoResultOK, appendMessage(nil, request, nil))
}

func appendError(b []byte, e Error) []byte {
	return appendText(appendText(b, 1, &e.Message), 2, &e.Code)
}

// SequenceResult implements [Codec].
func (Protobuf) SequenceResult(batch Result) (Result, error) {
	d := answerReader()
	ok, failed := d.result(batch)
	if d.err == nil && failed != nil {
		return batch, nil
	}
	result := d.member(d.member(ok, protoStreamBatch), 1)
	if failure := d.firstStepError(result); failure != nil {
		return appendMessage(nil, protoResultError, failure), d.answerError()
	}
	return protoSucceeded(protoStreamSequence), d.answerError()
}

// result is the response of a result, or its error.
func (d *protoReader) result(message []byte) (ok, failed []byte) {
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case protoResultOK:
			ok = f.bytes()
		case protoResultError:
			failed = append([]byte{}, f.bytes()...)
		}
	}
	return ok, failed
}

// firstStepError is the error of the first step that failed, from a map of steps to errors.
func (d *protoReader) firstStepError(batchResult []byte) (failure []byte) {
	first := uint32(math.MaxUint32)
	f := d.fields(batchResult)
	for f.next() {
		if f.number != 2 {
			continue
		}
		var step uint32
		var this []byte
		entry := d.fields(f.element())
		for entry.next() {
			switch entry.number {
			case 1:
				step = entry.uint32()
			case 2:
				this = entry.bytes()
			}
		}
		if failure == nil || step < first {
			first, failure = step, append([]byte{}, this...)
		}
	}
	return failure
}

// FirstValue implements [Codec].
func (Protobuf) FirstValue(r Result) (Value, error) {
	d := answerReader()
	ok, _ := d.result(r)
	return d.firstValue(d.member(d.member(ok, protoStreamExecute), 1))
}

// firstValue is the first value of the first row of a statement's result.
func (d *protoReader) firstValue(result []byte) (Value, error) {
	rows := d.fields(result)
	for rows.next() {
		if rows.number != 2 {
			continue
		}
		values := d.fields(rows.element())
		for values.next() {
			if values.number == 1 {
				value := d.value(values.element())
				return value, d.answerError()
			}
		}
	}
	d.fail("want a row")
	return nil, d.answerError()
}

// FailedCursor implements [Codec]. Each message follows its length.
func (Protobuf) FailedCursor(baton string, step int, e Error) []byte {
	entry := appendMessage(appendNumber(nil, 1, uint64(step)), 2, appendError(nil, e))
	b := protowire.AppendBytes(nil, appendText(nil, protoBaton, ref(baton)))
	return protowire.AppendBytes(b, appendMessage(nil, 3, entry))
}
