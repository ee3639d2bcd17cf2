package hrana

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

type wireValue struct {
	Type   string         `json:"type"`
	Value  jsontext.Value `json:"value,omitzero"`
	Base64 *string        `json:"base64,omitzero"`
}

// The types of values, in the protocol's words.
const (
	typeNull    = "null"
	typeInteger = "integer"
	typeFloat   = "float"
	typeText    = "text"
	typeBlob    = "blob"
)

var errValue = errors.New("a value that does not fit its type")

func (w *wireValue) model() (Value, error) {
	switch w.Type {
	case typeNull:
		return nil, nil
	case typeInteger:
		text, err := unquote(w.Value)
		if err != nil {
			return nil, err
		}
		return parseInteger(text)
	case typeFloat:
		return parseFloat(w.Value)
	case typeText:
		return unquote(w.Value)
	case typeBlob:
		if w.Base64 == nil {
			return nil, errValue
		}
		return parseBlob(*w.Base64)
	default:
		return nil, errors.New("a value of an unknown type")
	}
}

func newWireValue(v Value) wireValue {
	switch v := v.(type) {
	case int64:
		return wireValue{Type: typeInteger, Value: quote(strconv.FormatInt(v, 10))}
	case float64:
		return wireValue{Type: typeFloat, Value: formatFloat(v)}
	case string:
		return wireValue{Type: typeText, Value: quote(v)}
	case []byte:
		text := base64.RawStdEncoding.EncodeToString(v)
		return wireValue{Type: typeBlob, Base64: &text}
	case nil:
		return wireValue{Type: typeNull}
	default:
		return wireValue{} // no value of the protocol: the server refuses it
	}
}

func unquote(raw jsontext.Value) (string, error) {
	if raw.Kind() != '"' {
		return "", errValue
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	return string(text), err
}

func quote(s string) jsontext.Value {
	quoted, _ := jsontext.AppendQuote(nil, s) // fails only on text that no decoder lets in
	return quoted
}

func parseInteger(s string) (Value, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil, errValue
	}
	return n, nil
}

func parseFloat(raw jsontext.Value) (Value, error) {
	if raw.Kind() != '0' {
		return nil, errValue
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return nil, errValue
	}
	return f, nil
}

// formatFloat writes the shortest text that reads as f again, and as a float:
// with a point or an exponent, because version 0 tells integers by their absence.
// What is no number becomes text that no encoder takes.
func formatFloat(f float64) jsontext.Value {
	text := strconv.AppendFloat(nil, f, 'g', -1, 64)
	if !strings.ContainsAny(string(text), ".e") {
		text = append(text, ".0"...)
	}
	return text
}

// parseBlob reads standard base64 with or without padding (RFC 4648, section 4).
func parseBlob(s string) (Value, error) {
	encoding := base64.RawStdEncoding
	if strings.HasSuffix(s, "=") {
		encoding = base64.StdEncoding
	}
	blob, err := encoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil, errValue
	}
	return blob, nil
}
