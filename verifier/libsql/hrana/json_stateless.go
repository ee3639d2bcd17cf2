package hrana

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type (
	wireResult struct {
		Type     string `json:"type"`
		Response struct {
			Result jsontext.Value `json:"result"`
		} `json:"response"`
		Error *Error `json:"error"`
	}
	wireStatements struct {
		Results []*wireStmtResult `json:"step_results"`
		Errors  []*Error          `json:"step_errors"`
	}
	wireStmtResult struct {
		Cols []struct {
			Name string `json:"name"`
		} `json:"cols"`
		Rows        [][]wireValue  `json:"rows"`
		RowsRead    jsontext.Value `json:"rows_read,omitzero"`
		RowsWritten jsontext.Value `json:"rows_written,omitzero"`
		Duration    jsontext.Value `json:"query_duration_ms,omitzero"`
	}
	wireLegacyAnswer struct {
		Results wireLegacyResults `json:"results"`
	}
	wireLegacyResults struct {
		Columns     []string            `json:"columns"`
		Rows        [][]wireLegacyValue `json:"rows"`
		RowsRead    jsontext.Value      `json:"rows_read,omitzero"`
		RowsWritten jsontext.Value      `json:"rows_written,omitzero"`
		Duration    jsontext.Value      `json:"query_duration_ms,omitzero"`
	}
)

// StatelessAnswer turns the result of an [Execute] or [RunBatch] into the answer
// of POST /v1/execute and /v1/batch. The error is [ErrResponse].
func (JSON) StatelessAnswer(r Result) (status int, body []byte, err error) {
	w, err := readResult(r)
	switch {
	case err != nil:
		return 0, nil, err
	case w.Error == nil:
		body, err = json.Marshal(map[string]jsontext.Value{"result": w.Response.Result}, lenient)
		return http.StatusOK, body, err
	case strings.HasPrefix(w.Error.Code, "SQLITE_"):
		return http.StatusInternalServerError, mustMarshal(w.Error), nil
	}
	return http.StatusBadRequest, mustMarshal(w.Error), nil
}

// LegacyAnswer turns the result of [Legacy.Chain] into the answer of POST /. The
// error is [ErrResponse].
func (JSON) LegacyAnswer(r Result) (status int, body []byte, err error) {
	w, err := readResult(r)
	if err != nil {
		return 0, nil, err
	}
	if w.Error != nil {
		return http.StatusBadRequest, mustMarshal(wireLegacyError{w.Error.Message}), nil
	}
	var statements wireStatements
	if err := json.Unmarshal(w.Response.Result, &statements, lenient); err != nil || len(statements.Results) != len(statements.Errors) {
		return 0, nil, fmt.Errorf("%w: want the result of a batch", ErrResponse)
	}
	answers := make([]any, len(statements.Results)) // null: it did not run
	for i, result := range statements.Results {
		switch failed := statements.Errors[i]; {
		case failed != nil:
			answers[i] = wireLegacyError{failed.Message}
		case result != nil:
			if answers[i], err = result.legacy(); err != nil {
				return 0, nil, fmt.Errorf("%w: %w", ErrResponse, err)
			}
		}
	}
	body, err = json.Marshal(answers, lenient)
	return http.StatusOK, body, err
}

func readResult(r Result) (*wireResult, error) {
	var w wireResult
	if err := json.Unmarshal(r, &w, lenient); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResponse, err)
	}
	if (w.Type == "ok") != (w.Error == nil) || w.Error == nil && w.Response.Result == nil {
		return nil, fmt.Errorf("%w: want a result", ErrResponse)
	}
	return &w, nil
}

func (w *wireStmtResult) legacy() (wireLegacyAnswer, error) {
	l := wireLegacyResults{
		Columns: make([]string, len(w.Cols)), Rows: make([][]wireLegacyValue, len(w.Rows)),
		RowsRead: w.RowsRead, RowsWritten: w.RowsWritten, Duration: w.Duration,
	}
	for i, c := range w.Cols {
		l.Columns[i] = c.Name
	}
	for i, row := range w.Rows {
		l.Rows[i] = make([]wireLegacyValue, len(row))
		for j := range row {
			if row[j].Type == typeFloat && row[j].Value.Kind() == 'n' {
				continue // infinity, which JSON does not have
			}
			value, err := row[j].model()
			if err != nil {
				return wireLegacyAnswer{}, err
			}
			l.Rows[i][j].Value = value
		}
	}
	return wireLegacyAnswer{l}, nil
}
