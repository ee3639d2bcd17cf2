package hrana

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type (
	wireLegacy struct {
		Statements       []wireLegacyStmt `json:"statements"`
		ReplicationIndex *uint64          `json:"replication_index,omitzero"`
	}
	// wireLegacyStmt is a text alone, or an object of these and no other members.
	wireLegacyStmt struct {
		SQL    *string           `json:"q"`
		Params *wireLegacyParams `json:"params,omitzero"`
	}
	// wireLegacyParams is an array, or an object if Named is not nil.
	wireLegacyParams struct {
		List  []wireLegacyValue
		Named map[string]wireLegacyValue
	}
	// wireLegacyValue is a plain JSON value.
	wireLegacyValue struct{ Value Value }
	wireLegacyBlob  struct {
		Base64 *string `json:"base64"`
	}
)

// DecodeLegacy reads the body of POST /; errors are as of [JSON.DecodePipeline].
func (j JSON) DecodeLegacy(body []byte) (*Legacy, error) {
	var w wireLegacy
	if err := j.unmarshal(body, &w); err != nil {
		return nil, err
	}
	if w.Statements == nil {
		return nil, fmt.Errorf("%w: statements are missing", ErrMalformed)
	}
	l := &Legacy{Statements: make([]Stmt, len(w.Statements)), ReplicationIndex: w.ReplicationIndex}
	for i := range w.Statements {
		var err error
		if l.Statements[i], err = w.Statements[i].model(); err != nil {
			return nil, fmt.Errorf("%w: statement %d: %w", ErrMalformed, i, err)
		}
	}
	return l, nil
}

// EncodeLegacy writes the body of POST /.
func (JSON) EncodeLegacy(l *Legacy) ([]byte, error) {
	w := wireLegacy{Statements: make([]wireLegacyStmt, len(l.Statements)), ReplicationIndex: l.ReplicationIndex}
	for i, s := range l.Statements {
		w.Statements[i] = wireLegacyStmt{&s.Text.SQL, newLegacyParams(s)}
	}
	return json.Marshal(w, json.Deterministic(true))
}

// UnmarshalJSONFrom reads either form.
func (w *wireLegacyStmt) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '"' {
		return json.UnmarshalDecode(dec, &w.SQL)
	}
	type object wireLegacyStmt
	return json.UnmarshalDecode(dec, (*object)(w), json.RejectUnknownMembers(true))
}

func (w *wireLegacyStmt) model() (Stmt, error) {
	if w.SQL == nil {
		return Stmt{}, errors.New("its text is missing")
	}
	s := Stmt{Text: Text{SQL: *w.SQL}}
	if w.Params == nil {
		return s, nil
	}
	for _, v := range w.Params.List {
		s.Args = append(s.Args, v.Value)
	}
	for _, name := range slices.Sorted(maps.Keys(w.Params.Named)) {
		s.NamedArgs = append(s.NamedArgs, NamedArg{name, w.Params.Named[name].Value})
	}
	return s, nil
}

func newLegacyParams(s Stmt) *wireLegacyParams {
	var p wireLegacyParams
	for _, v := range s.Args {
		p.List = append(p.List, wireLegacyValue{v})
	}
	for _, n := range s.NamedArgs {
		if p.Named == nil {
			p.Named = make(map[string]wireLegacyValue, len(s.NamedArgs))
		}
		p.Named[n.Name] = wireLegacyValue{n.Value}
	}
	if p.List == nil && p.Named == nil {
		return nil
	}
	return &p
}

// UnmarshalJSONFrom reads an array or an object.
func (w *wireLegacyParams) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '{' {
		return json.UnmarshalDecode(dec, &w.Named)
	}
	return json.UnmarshalDecode(dec, &w.List)
}

// MarshalJSONTo writes what UnmarshalJSONFrom reads.
func (w *wireLegacyParams) MarshalJSONTo(enc *jsontext.Encoder) error {
	if w.Named != nil {
		return json.MarshalEncode(enc, w.Named)
	}
	return json.MarshalEncode(enc, w.List)
}

// UnmarshalJSONFrom reads a value.
func (w *wireLegacyValue) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	w.Value, err = parseLegacyValue(raw)
	return err
}

// MarshalJSONTo writes what UnmarshalJSONFrom reads.
func (w wireLegacyValue) MarshalJSONTo(enc *jsontext.Encoder) error {
	return json.MarshalEncode(enc, plainValue(w.Value))
}

// parseLegacyValue reads a plain JSON value; true and false are 1 and 0.
func parseLegacyValue(raw jsontext.Value) (Value, error) {
	switch raw.Kind() {
	case 'n':
		return nil, nil
	case 't':
		return int64(1), nil
	case 'f':
		return int64(0), nil
	case '"':
		return unquote(raw)
	case '0':
		return parseLegacyNumber(raw)
	case '{':
		var blob wireLegacyBlob
		if err := json.Unmarshal(raw, &blob, json.RejectUnknownMembers(true)); err != nil || blob.Base64 == nil {
			return nil, errValue
		}
		return parseBlob(*blob.Base64)
	default:
		return nil, errValue
	}
}

// parseLegacyNumber reads a number as sqld does: a float if it has a point, an
// exponent or more digits than 64 bits hold. What fits only unsigned is refused,
// because sqld would make it negative.
func parseLegacyNumber(raw jsontext.Value) (Value, error) {
	text := string(raw)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && text != "-0" {
		return n, nil
	}
	if _, err := strconv.ParseUint(text, 10, 64); err == nil {
		return nil, errValue
	}
	return parseFloat(raw)
}

func plainValue(v Value) any {
	switch v := v.(type) {
	case float64:
		return formatFloat(v)
	case []byte:
		text := base64.RawStdEncoding.EncodeToString(v)
		return wireLegacyBlob{&text}
	default:
		return v
	}
}
