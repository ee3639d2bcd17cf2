package hrana

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// RewriteRequest implements [Codec].
func (Protobuf) RewriteRequest(baton Rebaton) Rewriter {
	return &protoRewriter{baton: baton}
}

// RewriteResponse implements [Codec].
func (Protobuf) RewriteResponse(baton Rebaton) Rewriter {
	return &protoRewriter{baton: baton, response: true}
}

// RewriteCursor implements [Codec].
func (Protobuf) RewriteCursor(baton Rebaton) Rewriter {
	return &protoCursorRewriter{baton: baton}
}

// protoRewriter rewrites the fields of one message: 1 is the baton, and of a
// response 2 is the base URL.
type protoRewriter struct {
	baton    Rebaton
	response bool
	seen     bool   // the baton
	head     []byte // of a field: its tag and length, and the value if that is held back
	passes   uint64 // bytes of the field's value that are still to pass
}

// Append implements [Rewriter].
func (r *protoRewriter) Append(dst, src []byte) ([]byte, error) {
	for len(src) > 0 {
		if r.passes > 0 {
			n := min(r.passes, uint64(len(src)))
			dst, src = append(dst, src[:n]...), src[n:]
			r.passes -= n
			continue
		}
		r.head = append(r.head, src[0])
		src = src[1:]
		var err error
		if dst, err = r.take(dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// End implements [Rewriter].
func (r *protoRewriter) End() error {
	if r.passes > 0 || len(r.head) > 0 {
		return errNotWhole
	}
	return nil
}

var errWire = fmt.Errorf("%w: a field that cannot be read in one way only", ErrMalformed)

// take decides about a field as soon as its head is whole.
func (r *protoRewriter) take(dst []byte) ([]byte, error) {
	f := (&protoReader{}).fields(r.head)
	tag, whole, err := wholeVarint(f)
	if !whole {
		return dst, err
	}
	number, kind := protowire.DecodeTag(tag)
	held := number == 1 || number == 2 && r.response
	switch {
	case number < protowire.MinValidNumber, held && kind != protowire.BytesType:
		return dst, errWire
	case kind == protowire.Fixed64Type:
		return r.release(dst, 8), nil
	case kind == protowire.Fixed32Type:
		return r.release(dst, 4), nil
	case kind != protowire.VarintType && kind != protowire.BytesType:
		return dst, errWire
	}
	v, whole, err := wholeVarint(f)
	switch {
	case !whole:
		return dst, err
	case kind == protowire.VarintType:
		return r.release(dst, 0), nil
	case !held:
		return r.release(dst, v), nil
	case v > maxHeld:
		return dst, errLongBaton
	case uint64(len(f.rest)) < v:
		return dst, nil
	}
	return r.replace(dst, number, f.rest)
}

// maxVarint is the most bytes that a number has.
const maxVarint = 10

// wholeVarint takes a number that may not have come to its end yet.
func wholeVarint(f *protoFields) (v uint64, whole bool, err error) {
	ends := slices.ContainsFunc(f.rest, func(c byte) bool { return c < 0x80 })
	if !ends && len(f.rest) < maxVarint {
		return 0, false, nil
	}
	v, ok := f.varint()
	if !ok {
		return 0, false, errWire
	}
	return v, true, nil
}

// release passes the head, and then n bytes.
func (r *protoRewriter) release(dst []byte, n uint64) []byte {
	dst = append(dst, r.head...)
	r.head, r.passes = r.head[:0], n
	return dst
}

// replace writes what goes on in place of a field that was held back.
func (r *protoRewriter) replace(dst []byte, number protowire.Number, value []byte) ([]byte, error) {
	old := string(value)
	r.head = r.head[:0]
	if number == 2 {
		return dst, nil
	}
	switch {
	case r.seen:
		return dst, errTwoBatons
	case !utf8.ValidString(old):
		return dst, errNoText
	}
	r.seen = true
	baton, err := r.baton(old)
	if err != nil {
		return dst, err
	}
	return appendText(dst, 1, &baton), nil
}

// protoCursorRewriter rewrites the first of many messages, each of which follows its length.
type protoCursorRewriter struct {
	baton  Rebaton
	head   []byte // of the first message, with its length
	passes bool
}

// Append implements [Rewriter].
func (r *protoCursorRewriter) Append(dst, src []byte) ([]byte, error) {
	for i := range src {
		if r.passes {
			return append(dst, src[i:]...), nil
		}
		r.head = append(r.head, src[i])
		var err error
		if dst, err = r.take(dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// take rewrites the first message once it is whole.
func (r *protoCursorRewriter) take(dst []byte) ([]byte, error) {
	f := (&protoReader{}).fields(r.head)
	size, whole, err := wholeVarint(f)
	switch {
	case !whole:
		return dst, err
	case size > 3*maxHeld:
		return dst, errLongBaton
	case uint64(len(f.rest)) < size:
		return dst, nil
	}
	message := &protoRewriter{baton: r.baton, response: true}
	first, err := message.Append(nil, f.rest)
	if err == nil {
		err = message.End()
	}
	r.head, r.passes = nil, true
	return protowire.AppendBytes(dst, first), err
}

// End implements [Rewriter].
func (r *protoCursorRewriter) End() error {
	if !r.passes {
		return errNotWhole
	}
	return nil
}
