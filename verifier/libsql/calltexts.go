package libsql

import "google.golang.org/protobuf/encoding/protowire"

// fieldPath leads to a field, through the messages that hold it.
type fieldPath []protowire.Number

// judged is a rewrite of a message whose SQL is judged first, and cut down to
// single statements, which sqld takes from each text anyway.
func judged(j *ruling, sql fieldPath, then rewrite) rewrite {
	return func(o owner, message []byte) ([]byte, error) {
		message, err := replace(message, sql, func(text []byte) ([]byte, error) {
			single, refused := j.single(string(text))
			if refused != nil {
				return nil, deniedText(j, refused)
			}
			return []byte(single), nil
		})
		if err != nil {
			return nil, err
		}
		return then(o, message)
	}
}

// replace gives a message with another value in each of the fields that a path leads to.
func replace(message []byte, to fieldPath, value func([]byte) ([]byte, error)) ([]byte, error) {
	if len(to) == 0 {
		return value(message)
	}
	var out []byte
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return nil, errMessage
		}
		size := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if size < 0 || number == to[0] && kind != protowire.BytesType {
			return nil, errMessage
		}
		field := message[:tag+size]
		message = message[tag+size:]
		if number != to[0] {
			out = append(out, field...)
			continue
		}
		held, _ := protowire.ConsumeBytes(field[tag:])
		held, err := replace(held, to[1:], value)
		if err != nil {
			return nil, err
		}
		out = protowire.AppendBytes(protowire.AppendTag(out, number, protowire.BytesType), held)
	}
	return out, nil
}
