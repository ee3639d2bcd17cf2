package hrana

import "github.com/go-json-experiment/json/jsontext"

// RewriteRequest replaces the baton of a pipeline or cursor request, and passes
// every other byte. It follows strings and brackets only: on a text in which
// that finds another baton than sqld does, sqld refuses the text.
func (JSON) RewriteRequest(baton Rebaton) Rewriter {
	return &jsonRewriter{baton: baton}
}

// RewriteResponse replaces the baton of an answer to a pipeline, and drops its base URL.
func (JSON) RewriteResponse(baton Rebaton) Rewriter {
	return &jsonRewriter{baton: baton, response: true}
}

// RewriteCursor is [JSON.RewriteResponse] for the first line of an answer to a cursor.
func (JSON) RewriteCursor(baton Rebaton) Rewriter {
	return &jsonRewriter{baton: baton, response: true, lines: true}
}

type jsonRewriter struct {
	baton    Rebaton
	response bool // has a base URL
	lines    bool // the rest passes, whatever it is

	place     jsonPlace
	depth     int    // open brackets
	token     []byte // the name, or the value that is held back
	escaped   bool   // the last byte of a string is a backslash
	seenBaton bool
	seenURL   bool
}

// jsonPlace is where in a text the next byte stands. Names matter in the
// outermost object only.
type jsonPlace uint8

const (
	beforeObject jsonPlace = iota
	beforeName
	inName
	beforeColon
	inValue // outside of strings
	inText
	inBaton // the value is held back
	inURL   // the value is held back
	behindObject
)

// maxNameText bounds the names that are looked at: base_url in escapes only has 50 bytes.
const maxNameText = 64

// Append implements [Rewriter].
func (r *jsonRewriter) Append(dst, src []byte) ([]byte, error) {
	for len(src) > 0 {
		n := r.run(src)
		dst = append(dst, src[:n]...)
		if src = src[n:]; len(src) == 0 {
			break
		}
		var err error
		if dst, err = r.next(dst, src[0]); err != nil {
			return dst, err
		}
		src = src[1:]
	}
	return dst, nil
}

// End implements [Rewriter].
func (r *jsonRewriter) End() error {
	if r.place != behindObject {
		return errNotWhole
	}
	return nil
}

// The bytes that matter within text, within a value, and between members.
var inTextStops, inValueStops, inObjectStops = stops(`"\`), stops(`"{}[]`), stops(`"{}[],`)

func stops(bytes string) *[256]bool {
	var table [256]bool
	for _, c := range []byte(bytes) {
		table[c] = true
	}
	return &table
}

// run is how many bytes pass before one that matters.
func (r *jsonRewriter) run(src []byte) int {
	at := inValueStops
	switch {
	case r.place == behindObject && r.lines:
		return len(src)
	case r.place == inText && !r.escaped:
		at = inTextStops
	case r.place != inValue:
		return 0
	case r.depth == 1:
		at = inObjectStops
	}
	for i, c := range src {
		if at[c] {
			return i
		}
	}
	return len(src)
}

// next takes one byte.
func (r *jsonRewriter) next(dst []byte, c byte) ([]byte, error) {
	switch r.place {
	case inBaton, inURL:
		return r.hold(dst, c)
	case inName:
		if len(r.token) < maxNameText {
			r.token = append(r.token, c)
		}
		if r.closes(c) {
			r.place = beforeColon
		}
	case inText:
		if r.closes(c) {
			r.place = inValue
		}
	case inValue:
		r.value(c)
	default:
		if err := r.between(c); err != nil {
			return dst, err
		}
	}
	return append(dst, c), nil
}

// closes reports whether c ends the string that it stands in.
func (r *jsonRewriter) closes(c byte) bool {
	wasEscaped := r.escaped
	r.escaped = c == '\\' && !wasEscaped
	return c == '"' && !wasEscaped
}

// value takes a byte of a value, outside of its strings.
func (r *jsonRewriter) value(c byte) {
	switch c {
	case '"':
		r.place = inText
	case '{', '[':
		r.depth++
	case '}', ']':
		if r.depth--; r.depth == 0 {
			r.place = behindObject
		}
	case ',':
		if r.depth == 1 {
			r.place = beforeName
		}
	}
}

// between takes a byte that stands around the members of the outermost object.
func (r *jsonRewriter) between(c byte) error {
	switch {
	case c == ' ', c == '\t', c == '\n', c == '\r':
	case r.place == beforeObject && c == '{':
		r.place, r.depth = beforeName, 1
	case r.place == beforeName && c == '"':
		r.place, r.token = inName, append(r.token[:0], c)
	case r.place == beforeName && c == '}':
		r.place, r.depth = behindObject, 0
	case r.place == beforeColon && c == ':':
		return r.enter()
	default:
		return errNoObject
	}
	return nil
}

// enter decides what becomes of the value whose name was read.
func (r *jsonRewriter) enter() error {
	r.place = inValue
	name, err := jsontext.AppendUnquote(nil, r.token)
	r.token = r.token[:0]
	if err != nil {
		return nil // no name that sqld knows, or none at all
	}
	seen := &r.seenBaton
	switch {
	case string(name) == "baton":
		r.place = inBaton
	case string(name) == "base_url" && r.response:
		r.place, seen = inURL, &r.seenURL
	default:
		return nil
	}
	if *seen {
		return errTwoBatons
	}
	*seen = true
	return nil
}

// hold takes a byte of a value that is held back: text or null.
func (r *jsonRewriter) hold(dst []byte, c byte) ([]byte, error) {
	begins := len(r.token) == 0
	switch {
	case begins && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
		return append(dst, c), nil
	case begins && c != '"' && c != 'n':
		return dst, errNoText
	case len(r.token) == maxHeld:
		return dst, errLongBaton
	case begins:
		r.token = append(r.token, c)
		return dst, nil
	case r.token[0] == '"':
		r.token = append(r.token, c)
		if !r.closes(c) {
			return dst, nil
		}
		return r.release(dst)
	case 'a' <= c && c <= 'z':
		r.token = append(r.token, c)
		return dst, nil
	}
	dst, err := r.release(dst)
	if err != nil {
		return dst, err
	}
	r.value(c)
	return append(dst, c), nil
}

// release writes what goes on in place of the value held back.
func (r *jsonRewriter) release(dst []byte) ([]byte, error) {
	isBaton := r.place == inBaton
	r.place = inValue
	switch {
	case string(r.token) == "null", r.token[0] == '"' && !isBaton:
		return append(dst, "null"...), nil
	case r.token[0] != '"':
		return dst, errNoText
	}
	old, err := jsontext.AppendUnquote(nil, r.token)
	if err != nil {
		return dst, errNoText
	}
	baton, err := r.baton(string(old))
	if err != nil {
		return dst, err
	}
	return jsontext.AppendQuote(dst, baton)
}
