package hrana

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Protobuf reads and writes the protocol in Protocol Buffers (version 3 of the
// protocol only). What the wire format leaves open is refused: a field that
// stands twice, two members of a oneof, a wire type that is not the field's,
// groups, numbers in more bytes than they need. Unknown fields are dropped, as
// sqld ignores them.
type Protobuf struct {
	// MaxSteps is as of [JSON].
	MaxSteps int
}

// DecodePipeline implements [Codec].
func (p Protobuf) DecodePipeline(body []byte) (*Pipeline, error) {
	d := newProtoReader(p.MaxSteps)
	pipeline := d.pipeline(body)
	if d.err != nil {
		return nil, d.err
	}
	return pipeline, nil
}

// EncodePipeline implements [Codec].
func (Protobuf) EncodePipeline(p *Pipeline) ([]byte, error) {
	b := appendText(nil, protoBaton, ref(p.Baton))
	for _, r := range p.Requests {
		b = appendMessage(b, protoRequests, appendRequest(nil, r))
	}
	return b, nil
}

// DecodeCursor implements [Codec].
func (p Protobuf) DecodeCursor(body []byte) (*Cursor, error) {
	d := newProtoReader(p.MaxSteps)
	c := &Cursor{}
	f := d.fields(body)
	for f.next() {
		switch f.number {
		case protoBaton:
			c.Baton = f.text()
		case protoCursor:
			c.Batch = d.batch(f.bytes())
		}
	}
	f.need(protoCursor)
	if d.err != nil {
		return nil, d.err
	}
	return c, nil
}

// EncodeCursor implements [Codec].
func (Protobuf) EncodeCursor(c *Cursor) ([]byte, error) {
	return appendMessage(appendText(nil, protoBaton, ref(c.Baton)), protoCursor, appendBatch(nil, c.Batch)), nil
}

// protoReader decodes messages. The first error stays, and ends every reading.
type protoReader struct {
	requests, steps, conditions, values int // left
	depth                               int
	err                                 error
}

func newProtoReader(maxSteps int) *protoReader {
	return &protoReader{requests: maxSteps, steps: maxSteps, conditions: 4 * maxSteps, values: maxValues}
}

func (d *protoReader) fail(text string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %w", ErrMalformed, errors.New(text))
	}
}

// count takes one off left.
func (d *protoReader) count(left *int) {
	if *left--; *left < 0 && d.err == nil {
		d.err = ErrTooMany
	}
}

// protoFields walks over the fields of a message.
type protoFields struct {
	d       *protoReader
	rest    []byte
	seen    uint64 // numbers below 64 that stood
	members int    // of a oneof that stood
	number  protowire.Number
	kind    protowire.Type
	raw     []byte // the value of a field with a length
	value   uint64 // the value of any other
}

func (d *protoReader) fields(message []byte) *protoFields {
	return &protoFields{d: d, rest: message}
}

// next moves to the next field.
func (f *protoFields) next() bool {
	if f.d.err != nil || len(f.rest) == 0 {
		return false
	}
	tag, ok := f.varint()
	f.number, f.kind = protowire.DecodeTag(tag)
	if !ok || f.number < protowire.MinValidNumber {
		f.d.fail("a tag that is none")
		return false
	}
	switch f.kind {
	case protowire.VarintType:
		f.value, ok = f.varint()
	case protowire.BytesType:
		ok = f.length()
	case protowire.Fixed64Type:
		f.value, ok = f.fixed(protowire.ConsumeFixed64(f.rest))
	case protowire.Fixed32Type:
		_, n := protowire.ConsumeFixed32(f.rest)
		f.value, ok = f.fixed(0, n)
	default:
		ok = false
	}
	if !ok {
		f.d.fail("a field that cannot be read in one way only")
	}
	return ok
}

// varint takes a number that is written in as few bytes as it needs.
func (f *protoFields) varint() (uint64, bool) {
	v, n := protowire.ConsumeVarint(f.rest)
	if n < 0 || n != protowire.SizeVarint(v) {
		return 0, false
	}
	f.rest = f.rest[n:]
	return v, true
}

func (f *protoFields) length() bool {
	n, ok := f.varint()
	if !ok || n > uint64(len(f.rest)) {
		return false
	}
	f.raw, f.rest = f.rest[:n], f.rest[n:]
	return true
}

func (f *protoFields) fixed(v uint64, n int) (uint64, bool) {
	if n < 0 {
		return 0, false
	}
	f.rest = f.rest[n:]
	return v, true
}

// want checks the wire type of a known field.
func (f *protoFields) want(kind protowire.Type) bool {
	if f.kind != kind {
		f.d.fail(fmt.Sprintf("field %d has another wire type than it should", f.number))
	}
	return f.kind == kind
}

// once checks that a field that is not repeated stands only once.
func (f *protoFields) once() {
	if f.seen&(1<<f.number) != 0 {
		f.d.fail(fmt.Sprintf("field %d stands twice", f.number))
	}
	f.seen |= 1 << f.number
}

// oneOf checks that of the members of a oneof only one stands.
func (f *protoFields) oneOf() {
	if f.members++; f.members > 1 {
		f.d.fail("two members of a oneof")
	}
}

// need checks that fields stood.
func (f *protoFields) need(numbers ...protowire.Number) {
	for _, n := range numbers {
		if f.seen&(1<<n) == 0 {
			f.d.fail(fmt.Sprintf("field %d is missing", n))
		}
	}
}
