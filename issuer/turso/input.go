package turso

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token/refusal"
)

const (
	maxBody  = 64 << 10
	maxQuery = 8 << 10
)

// parameters reads a query that may have the allowed names only, each once and
// none of them empty: of two values one would be dropped, and an empty one is
// most often a variable that was not set.
func parameters(r *http.Request, allowed ...string) (url.Values, error) {
	values, err := repeatable(r, allowed...)
	if err != nil {
		return nil, err
	}
	for name, list := range values {
		if len(list) > 1 {
			return nil, issuer.Malformed(name+" may be given once only.", nil)
		}
	}
	return values, nil
}

// repeatable is parameters that may be given more than once.
func repeatable(r *http.Request, allowed ...string) (url.Values, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, issuer.Malformed("The query is too long.", nil)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, issuer.Malformed("The query cannot be read.", nil)
	}
	for name := range values {
		if !slices.Contains(allowed, name) {
			return nil, issuer.FieldUnsupported(name, "The query may have: "+orNothing(allowed)+".")
		}
	}
	return values, nil
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// readBody reads what there is, whatever its Content-Type: Turso's SDK calls its
// JSON text/plain, and others announce JSON and send nothing.
func readBody(c *call) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.writer, c.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, refusal.TooLargeBody(strconv.Itoa(maxBody>>10) + " KiB")
	}
	if err != nil {
		return nil, issuer.Malformed("The body could not be read to its end.", err)
	}
	return body, nil
}

// decodeBody reads a body that is empty or exactly one JSON object with no other
// members than into has, each once.
func decodeBody(body []byte, into any) error {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 {
		return nil
	}
	if body[0] != '{' {
		return issuer.Malformed("The body must be a JSON object, or empty.", nil)
	}
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case ok && errors.Is(err, json.ErrUnknownName):
		return issuer.FieldUnsupported(semantic.JSONPointer.LastToken(),
			"The body has a field that is not understood here; it may be a restriction, so it is not dropped.")
	case ok:
		return issuer.Malformed("A field of the body has another type than it should.", nil)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return issuer.Malformed("A field of the body is given twice.", nil)
	default:
		return issuer.Malformed("The body is not valid JSON.", nil)
	}
}

// noBody makes sure that a request without parameters in its body has none there.
func noBody(c *call) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	return decodeBody(body, &struct{}{})
}
