package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// operation is a GraphQL request: what to run, and which operation of it.
type operation struct {
	Query      string                    `json:"query"`
	Name       *string                   `json:"operationName"`
	Variables  map[string]jsontext.Value `json:"variables"`
	Extensions map[string]jsontext.Value `json:"extensions"`
}

// harmless are the extensions that change nothing about what is run. One that names
// a stored document would.
var harmless = []string{"clientLibrary"}

// inURL are parameters that some servers prefer to what stands in the body.
var inURL = []string{"query", "operationname", "variables", "extensions", "id", "documentid", "doc_id", "queryid", "hash"}

const howToSend = "With this token, send one GraphQL document: POST with application/json or application/graphql, or GET with ?query=. " +
	"Batches, stored documents, uploads and unknown fields are not open."

// speaksGraphQL reports methods by which GraphQL servers take documents.
func speaksGraphQL(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodPost
}

// judgeGraphQL decides about a narrowed token. One that may POST is not looked at;
// for any other, a document that only queries passes as a GET does.
func (g *Gate) judgeGraphQL(r *http.Request, p *plan) *refusal.Refusal {
	writing := g.permit(p, http.MethodPost)
	if writing == nil {
		return g.permit(p, r.Method)
	}
	if r.Method != http.MethodPost {
		if refused := g.permit(p, r.Method); refused != nil {
			return refused
		}
		if r.URL.RawQuery == "" && r.ContentLength == 0 {
			return nil // the page of a console, or of another API
		}
	}
	reading := g.permit(p, http.MethodGet)
	if reading != nil {
		return writing
	}
	o, refused := readOperation(r)
	if refused != nil {
		return refused
	}
	name := ""
	if o.Name != nil {
		name = *o.Name
	}
	switch queries, err := onlyQueries(o.Query, name); {
	case err != nil:
		return refusal.NotUnderstood("The GraphQL document could not be read, or more than one operation of it could be meant.", err)
	case !queries:
		return writing
	default:
		return nil
	}
}

func readOperation(r *http.Request) (operation, *refusal.Refusal) {
	var o operation
	var err error
	if r.Method == http.MethodPost {
		var body []byte
		var refused *refusal.Refusal
		if body, refused = takeBody(r); refused != nil {
			return o, refused
		}
		o, err = fromBody(r, body)
	} else {
		o, err = fromURL(r)
	}
	for name := range o.Extensions {
		if !slices.Contains(harmless, name) {
			err = fmt.Errorf("%w: extension %.40q", errDocument, name)
		}
	}
	if err != nil {
		return o, refusal.NotUnderstood(howToSend, err)
	}
	return o, nil
}

// fromURL reads a GET: every parameter must be known and stand there once.
func fromURL(r *http.Request) (operation, error) {
	var o operation
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return o, errDocument
	}
	for name, texts := range values {
		if len(texts) != 1 || !utf8.ValidString(texts[0]) {
			return o, errDocument
		}
		switch text := texts[0]; name {
		case "query":
			o.Query = text
		case "operationName":
			o.Name = &text
		case "variables":
			err = json.Unmarshal([]byte(text), &o.Variables)
		case "extensions":
			err = json.Unmarshal([]byte(text), &o.Extensions)
		default:
			return o, fmt.Errorf("%w: parameter %.40q", errDocument, name)
		}
		if err != nil {
			return o, fmt.Errorf("%w: %w", errDocument, err)
		}
	}
	return o, nil
}

// fromBody reads a POST.
func fromBody(r *http.Request, body []byte) (operation, error) {
	var o operation
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return o, errDocument
	}
	for name := range values {
		if slices.Contains(inURL, strings.ToLower(name)) {
			return o, fmt.Errorf("%w: parameter %.40q beside a body", errDocument, name)
		}
	}
	switch mediaType(r.Header) {
	case "application/json":
		if err := json.Unmarshal(body, &o, json.RejectUnknownMembers(true)); err != nil {
			return o, fmt.Errorf("%w: %w", errDocument, err)
		}
	case "application/graphql":
		if !utf8.Valid(body) {
			return o, errDocument
		}
		o.Query = string(body)
	default:
		return o, fmt.Errorf("%w: type or encoding of the body", errDocument)
	}
	return o, nil
}
