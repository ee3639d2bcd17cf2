package hrana

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	// ErrMalformed reports a body that sqld would not understand, or that could be read in two ways.
	ErrMalformed = errors.New("not understood as a request")
	// ErrTooMany reports a body with more parts than the limits of [JSON] allow.
	ErrTooMany = errors.New("too many parts in one request")
)

const (
	// maxValues bounds the arguments of one body. SQLite takes 32,766 per statement.
	maxValues = 1 << 18
	// maxDepth bounds the nesting of conditions; sqld's own parser ends at 128 nested values.
	maxDepth = 100
)

// JSON reads and writes the protocol in JSON (RFC 8259). Names are compared with
// their case, a name may stand only once in an object, text must be UTF-8, and
// an array never stands for an object. Unknown members are dropped, as sqld
// ignores them.
type JSON struct {
	// MaxSteps bounds the requests of a pipeline, and the steps of all its
	// batches together.
	MaxSteps int
}

// DecodePipeline reads a pipeline; errors are [ErrMalformed] or [ErrTooMany].
func (j JSON) DecodePipeline(body []byte) (*Pipeline, error) {
	var w wirePipeline
	if err := j.unmarshal(body, &w); err != nil {
		return nil, err
	}
	if w.Requests == nil {
		return nil, fmt.Errorf("%w: requests are missing", ErrMalformed)
	}
	p := &Pipeline{Baton: deref(w.Baton), Requests: make([]Request, len(w.Requests))}
	for i := range w.Requests {
		var err error
		if p.Requests[i], err = w.Requests[i].model(); err != nil {
			return nil, fmt.Errorf("%w: request %d: %w", ErrMalformed, i, err)
		}
	}
	return p, nil
}

// EncodePipeline writes a pipeline.
func (JSON) EncodePipeline(p *Pipeline) ([]byte, error) {
	w := wirePipeline{Baton: ref(p.Baton), Requests: make([]wireRequest, len(p.Requests))}
	for i, r := range p.Requests {
		w.Requests[i] = newWireRequest(r)
	}
	return marshal(w, p.size())
}

// DecodeCursor reads a cursor request; errors are as of [JSON.DecodePipeline].
func (j JSON) DecodeCursor(body []byte) (*Cursor, error) {
	var w wireCursor
	if err := j.unmarshal(body, &w); err != nil {
		return nil, err
	}
	batch, err := w.Batch.model()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &Cursor{Baton: deref(w.Baton), Batch: batch}, nil
}

// EncodeCursor writes a cursor request.
func (JSON) EncodeCursor(c *Cursor) ([]byte, error) {
	return marshal(wireCursor{Baton: ref(c.Baton), Batch: newWireBatch(c.Batch)}, c.Batch.size())
}

// DecodeExecute reads the body of POST /v1/execute, which knows no stored texts;
// errors are as of [JSON.DecodePipeline].
func (j JSON) DecodeExecute(body []byte) (*Stmt, error) {
	var w wireExecute
	if err := j.unmarshal(body, &w); err != nil {
		return nil, err
	}
	stmt, err := w.Stmt.model()
	if err == nil {
		err = withoutStored(stmt)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &stmt, nil
}

// EncodeExecute writes the body of POST /v1/execute.
func (JSON) EncodeExecute(s *Stmt) ([]byte, error) {
	return json.Marshal(wireExecute{Stmt: newWireStmt(*s)})
}

// DecodeBatch reads the body of POST /v1/batch, which knows no stored texts;
// errors are as of [JSON.DecodePipeline].
func (j JSON) DecodeBatch(body []byte) (*Batch, error) {
	var w wireRunBatch
	if err := j.unmarshal(body, &w); err != nil {
		return nil, err
	}
	batch, err := w.Batch.model()
	for i := 0; err == nil && i < len(batch.Steps); i++ {
		err = withoutStored(batch.Steps[i].Stmt)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &batch, nil
}

// EncodeBatch writes the body of POST /v1/batch.
func (JSON) EncodeBatch(b *Batch) ([]byte, error) {
	return marshal(wireRunBatch{Batch: newWireBatch(*b)}, b.size())
}

// marshal writes v to a buffer that begins with the given size.
func marshal(v any, size int) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, size))
	err := json.MarshalWrite(b, v)
	return b.Bytes(), err
}

func withoutStored(s Stmt) error {
	if s.Text.Stored != nil {
		return errors.New("sql_id is not known in this version of the protocol")
	}
	return nil
}

// unmarshal counts the parts while they are read, so that a small body of many
// parts cannot take much more memory than its own size.
func (j JSON) unmarshal(body []byte, into any) error {
	requests, steps, conditions, values := j.MaxSteps, j.MaxSteps, 4*j.MaxSteps, maxValues
	err := json.Unmarshal(body, into, json.WithUnmarshalers(json.JoinUnmarshalers(
		counted[wireRequest](&requests), counted[wireStep](&steps), counted[wireLegacyStmt](&steps),
		counted[wireCondition](&conditions), counted[wireValue](&values), counted[wireNamedArg](&values),
		counted[wireLegacyValue](&values),
	)))
	if err != nil {
		return explain(err)
	}
	return nil
}

// counted takes one off left for every T, then leaves the reading to the default.
func counted[T any](left *int) *json.Unmarshalers {
	return json.UnmarshalFromFunc(func(dec *jsontext.Decoder, _ *T) error {
		if *left--; *left < 0 {
			return ErrTooMany
		}
		if dec.StackDepth() > maxDepth {
			return errTooDeep
		}
		return errors.ErrUnsupported
	})
}

var errTooDeep = errors.New("nested too deeply")

// explain says what is wrong with a body and where, in words that hold nothing
// of its values: they may be secret, and the sentence may be logged.
func explain(err error) error {
	if errors.Is(err, ErrTooMany) {
		return ErrTooMany
	}
	if errors.Is(err, errTooDeep) {
		return fmt.Errorf("%w: %w", ErrMalformed, errTooDeep)
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("%w: not strict JSON at byte %d", ErrMalformed, s.ByteOffset)
	}
	if s, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("%w: unexpected JSON %s at byte %d", ErrMalformed, s.JSONKind, s.ByteOffset)
	}
	return ErrMalformed
}
