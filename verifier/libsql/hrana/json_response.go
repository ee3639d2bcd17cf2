package hrana

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrResponse reports an answer of the server that is not what the protocol has.
var ErrResponse = errors.New("not a response of the protocol")

type (
	wireResponse struct {
		Baton   *string          `json:"baton"`
		BaseURL *string          `json:"base_url"`
		Results []jsontext.Value `json:"results"`
	}
	wireFailure struct {
		Type  string `json:"type"`
		Error any    `json:"error"`
	}
	wireSuccess struct {
		Type     string `json:"type"`
		Response struct {
			Type string `json:"type"`
		} `json:"response"`
	}
	wireStepError struct {
		Type  string `json:"type"`
		Step  int    `json:"step"`
		Error Error  `json:"error"`
	}
	wireLegacyError struct {
		Error string `json:"error"`
	}
)

// lenient lets an answer through as the server wrote it: it is not ours to judge.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// DecodeResponse reads the answer to a pipeline; the error is [ErrResponse]. A
// base URL in it is dropped: it names the server behind the gate, and clients
// would send their token there.
func (JSON) DecodeResponse(body []byte) (*Response, error) {
	var w wireResponse
	if err := json.Unmarshal(body, &w, lenient); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResponse, err)
	}
	r := &Response{Baton: w.Baton, Results: make([]Result, len(w.Results))}
	for i, raw := range w.Results {
		r.Results[i] = Result(raw)
	}
	return r, nil
}

// EncodeResponse writes the answer to a pipeline.
func (JSON) EncodeResponse(r *Response) ([]byte, error) {
	w := wireResponse{Baton: r.Baton, Results: make([]jsontext.Value, len(r.Results))}
	for i, raw := range r.Results {
		w.Results[i] = jsontext.Value(raw)
	}
	return json.Marshal(w, lenient)
}

// Failed is the result of a request that failed with e.
func (JSON) Failed(e Error) Result {
	return mustMarshal(wireFailure{"error", e})
}

// Closed is the result of a [Close].
func (JSON) Closed() Result { return succeeded(typeClose) }

// Stored is the result of a [StoreSQL].
func (JSON) Stored() Result { return succeeded(typeStoreSQL) }

func succeeded(kind string) Result {
	w := wireSuccess{Type: "ok"}
	w.Response.Type = kind
	return mustMarshal(w)
}

// SequenceResult turns the result of a batch that was sent in place of a
// [Sequence] into the one that the client expects. The error is [ErrResponse].
func (JSON) SequenceResult(batch Result) (Result, error) {
	var w struct {
		Type     string         `json:"type"`
		Response jsontext.Value `json:"response"`
	}
	if err := json.Unmarshal(batch, &w, lenient); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResponse, err)
	}
	switch {
	case w.Type == "error":
		return batch, nil
	case w.Type != "ok":
		return nil, errNoBatch
	}
	failure, err := firstFailure(w.Response)
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return json.Marshal(wireFailure{"error", failure}, lenient)
	}
	return succeeded(typeSequence), nil
}

var errNoBatch = fmt.Errorf("%w: want the result of a batch", ErrResponse)

// firstFailure finds the error of the first step of a batch that failed, if any.
func firstFailure(response jsontext.Value) (jsontext.Value, error) {
	var w struct {
		Type   string `json:"type"`
		Result struct {
			StepErrors []jsontext.Value `json:"step_errors"`
		} `json:"result"`
	}
	if err := json.Unmarshal(response, &w, lenient); err != nil || w.Type != typeBatch {
		return nil, errNoBatch
	}
	for _, failure := range w.Result.StepErrors {
		if failure.Kind() != 'n' {
			return failure, nil
		}
	}
	return nil, nil
}

// FirstValue implements [Codec].
func (JSON) FirstValue(r Result) (Value, error) {
	var w struct {
		Response struct {
			Result struct {
				Rows [][]wireValue `json:"rows"`
			} `json:"result"`
		} `json:"response"`
	}
	if err := json.Unmarshal(r, &w, lenient); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResponse, err)
	}
	rows := w.Response.Result.Rows
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, fmt.Errorf("%w: want a row", ErrResponse)
	}
	return rows[0][0].model()
}

// FailedCursor is the whole answer to a cursor whose given step was refused, so
// that nothing of it ran: the head line and the error of that step.
func (JSON) FailedCursor(baton string, step int, e Error) []byte {
	head := mustMarshal(struct {
		Baton   *string `json:"baton"`
		BaseURL *string `json:"base_url"`
	}{Baton: ref(baton)})
	line := mustMarshal(wireStepError{"step_error", step, e})
	return append(append(append(head, '\n'), line...), '\n')
}

// FailedStateless is the body of an error of POST /v1/execute and /v1/batch.
func (JSON) FailedStateless(e Error) []byte { return mustMarshal(e) }

// FailedLegacy is the answer to POST / when one of its statements was refused:
// its error, and null for the others, which did not run.
func (JSON) FailedLegacy(statements, refused int, e Error) []byte {
	results := make([]any, statements)
	results[refused] = wireLegacyError{e.Message}
	return mustMarshal(results)
}

// mustMarshal writes what holds only numbers and text; bytes that are not UTF-8 are replaced.
func mustMarshal(v any) []byte {
	text, err := json.Marshal(v, lenient)
	if err != nil {
		panic(err)
	}
	return text
}
