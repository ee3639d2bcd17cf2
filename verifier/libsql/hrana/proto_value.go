package hrana

import (
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// element is the message in a repeated field.
func (f *protoFields) element() []byte {
	if !f.want(protowire.BytesType) {
		return nil
	}
	return f.raw
}

// bytes is the message or bytes in a field that stands once.
func (f *protoFields) bytes() []byte {
	f.once()
	return f.element()
}

func (f *protoFields) text() string {
	raw := f.bytes()
	if !utf8.Valid(raw) {
		f.d.fail("text that is not UTF-8")
	}
	return string(raw)
}

func (f *protoFields) uint64() uint64 {
	f.once()
	if !f.want(protowire.VarintType) {
		return 0
	}
	return f.value
}

func (f *protoFields) uint32() uint32 {
	v := f.uint64()
	if v > math.MaxUint32 {
		f.d.fail("a number over 32 bits")
	}
	return uint32(v)
}

// int32 is written as if it had 64 bits.
func (f *protoFields) int32() int32 {
	v := int64(f.uint64())
	if v != int64(int32(v)) {
		f.d.fail("a number over 31 bits")
	}
	return int32(v)
}

func (f *protoFields) bool() bool {
	v := f.uint64()
	if v > 1 {
		f.d.fail("a truth value that is neither 0 nor 1")
	}
	return v == 1
}

// member is the message in a field that has to be there.
func (d *protoReader) member(message []byte, number protowire.Number) (inner []byte) {
	f := d.fields(message)
	for f.next() {
		if f.number == number {
			inner = f.bytes()
		}
	}
	f.need(number)
	return inner
}

// optional is a field of a message that writers leave out when it is 0 or empty.
func optional[T any](d *protoReader, message []byte, number protowire.Number, read func(*protoFields) T) (v T) {
	f := d.fields(message)
	for f.next() {
		if f.number == number {
			v = read(f)
		}
	}
	return v
}

func (f *protoFields) index() *uint64 { return new(f.uint64()) }

func (d *protoReader) value(message []byte) (value Value) {
	d.count(&d.values)
	f := d.fields(message)
	for f.next() {
		if f.number > protoValueBlob {
			continue
		}
		f.oneOf()
		switch f.number {
		case protoValueNull:
			d.empty(f.bytes())
		case protoValueInteger:
			value = protowire.DecodeZigZag(f.uint64())
		case protoValueFloat:
			value = f.float()
		case protoValueText:
			value = f.text()
		case protoValueBlob:
			value = append([]byte{}, f.bytes()...)
		}
	}
	if f.members == 0 {
		d.fail("a value without its member")
	}
	return value
}

func (f *protoFields) float() float64 {
	f.once()
	if !f.want(protowire.Fixed64Type) {
		return 0
	}
	return math.Float64frombits(f.value)
}

func appendValue(b []byte, v Value) []byte {
	switch v := v.(type) {
	case int64:
		return appendNumber(b, protoValueInteger, protowire.EncodeZigZag(v))
	case float64:
		return protowire.AppendFixed64(protowire.AppendTag(b, protoValueFloat, protowire.Fixed64Type), math.Float64bits(v))
	case string:
		return appendText(b, protoValueText, &v)
	case []byte:
		return appendMessage(b, protoValueBlob, v)
	case nil:
		return appendMessage(b, protoValueNull, nil)
	default:
		return b // no value of the protocol: the server refuses it
	}
}

func appendNumber(b []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

func appendMessage(b []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), message)
}

func appendText(b []byte, number protowire.Number, text *string) []byte {
	if text == nil {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), *text)
}

func appendIndex(b []byte, number protowire.Number, index *uint64) []byte {
	if index == nil {
		return b
	}
	return appendNumber(b, number, *index)
}
