package hrana

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

func newText(sql *string, id *int32) (Text, error) {
	if (sql == nil) == (id == nil) {
		return Text{}, errors.New("exactly one of sql and sql_id is needed")
	}
	return Text{SQL: deref(sql), Stored: id}, nil
}

func (t Text) wire() (sql *string, id *int32) {
	if t.Stored != nil {
		return nil, t.Stored
	}
	return &t.SQL, nil
}

func (w *wireStmt) model() (Stmt, error) {
	if w == nil {
		return Stmt{}, errors.New("stmt is missing")
	}
	text, err := newText(w.SQL, w.ID)
	if err != nil {
		return Stmt{}, err
	}
	s := Stmt{Text: text, WantRows: w.WantRows, ReplicationIndex: w.ReplicationIndex.model()}
	for i := range w.Args {
		value, err := w.Args[i].model()
		if err != nil {
			return Stmt{}, fmt.Errorf("argument %d: %w", i, err)
		}
		s.Args = append(s.Args, value)
	}
	for i := range w.NamedArgs {
		named := &w.NamedArgs[i]
		value, err := named.Value.model()
		if err == nil && named.Name == nil {
			err = errors.New("name is missing")
		}
		if err != nil {
			return Stmt{}, fmt.Errorf("named argument %d: %w", i, err)
		}
		s.NamedArgs = append(s.NamedArgs, NamedArg{*named.Name, value})
	}
	return s, nil
}

func newWireStmt(s Stmt) *wireStmt {
	w := &wireStmt{WantRows: s.WantRows, ReplicationIndex: newWireIndex(s.ReplicationIndex)}
	w.SQL, w.ID = s.Text.wire()
	for _, v := range s.Args {
		w.Args = append(w.Args, newWireValue(v))
	}
	for _, n := range s.NamedArgs {
		w.NamedArgs = append(w.NamedArgs, wireNamedArg{&n.Name, newWireValue(n.Value)})
	}
	return w
}

// wireIndex is an unsigned 64-bit number, which is written as a string because
// not every JSON reader keeps numbers that large.
type wireIndex uint64

// UnmarshalJSONFrom reads a number or a string, as sqld does.
func (x *wireIndex) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if k := raw.Kind(); k != '"' && k != '0' {
		return errors.New("want a number or a string")
	}
	n, err := strconv.ParseUint(raw.String(), 10, 64)
	*x = wireIndex(n)
	return err
}

// MarshalJSONTo writes a string.
func (x *wireIndex) MarshalJSONTo(enc *jsontext.Encoder) error {
	return enc.WriteToken(jsontext.String(strconv.FormatUint(uint64(*x), 10)))
}

func (x *wireIndex) model() *uint64 { return (*uint64)(x) }

func newWireIndex(x *uint64) *wireIndex { return (*wireIndex)(x) }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func ref(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
