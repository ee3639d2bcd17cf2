package openapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/token"
)

// family is whose tokens the paths of an operation are about.
func (o operation) family() token.Family {
	switch {
	case strings.Contains(o.path, "/databases/"):
		return token.Database
	case strings.Contains(o.path, "/groups/"):
		return token.Group
	case strings.HasPrefix(o.path, "/devtokens"):
		return token.Developer
	default:
		return token.User
	}
}

// optional are parameters that a first request does without, but for those that
// must say which tokens are meant.
func (o operation) optional(p any) bool {
	return member(p, "required") != true && o.id != "revokeDeveloperTokensOf"
}

// request is the one that the examples make, with the key of the operator and about
// a token that exists. With all, it has every parameter; with missing, the last name
// in its path names nothing.
func (d *document) request(t *testing.T, w *world, o operation, all, missing bool) *http.Request {
	t.Helper()
	id, credential := w.mint(t, o.family())
	path, query, header := o.path, url.Values{}, http.Header{}
	if at := strings.LastIndexByte(path, '{'); missing && at > 0 {
		path = path[:at] + "nothing" + path[strings.LastIndexByte(path, '}')+1:]
	}
	for _, p := range o.parameters {
		name, value := text(member(p, "name")), member(p, "example")
		switch {
		case name == "id", name == "keep" && all:
			value = id
		case !all && o.optional(p):
			continue
		}
		switch text(member(p, "in")) {
		case "path":
			path = strings.ReplaceAll(path, "{"+name+"}", fmt.Sprint(value))
		case "header":
			header.Set(name, fmt.Sprint(value))
		default:
			query.Set(name, fmt.Sprint(value))
		}
	}
	body, kind := d.body(t, o, id, credential)
	r := httptest.NewRequest(o.method, path+"?"+query.Encode(), strings.NewReader(body))
	r.Header = header
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Authorization", "Bearer "+issuertest.OpsSecret)
	return r
}

// body is the example of the request body, about a token that exists.
func (d *document) body(t *testing.T, o operation, id, credential string) (body, kind string) {
	t.Helper()
	content, _ := member(o.node, "requestBody", "content").(map[string]any)
	for kind := range content {
		example := d.examples(t, o.pointer+"/requestBody/content/"+escaped.Replace(kind))[0]
		switch fields, _ := example.(map[string]any); {
		case kind == "text/csv":
			return example.(string), kind
		case kind == "application/x-www-form-urlencoded":
			return url.Values{"token": {credential}, "token_type_hint": {text(fields["token_type_hint"])}}.Encode(), kind
		case o.id == "revokeDeveloperTokens":
			example = map[string]any{"ids": []string{id}, "reason": fields["reason"]}
			fallthrough
		default:
			encoded, err := json.Marshal(example)
			if err != nil {
				t.Fatal(err)
			}
			return string(encoded), kind
		}
	}
	return "", ""
}

// with changes one header of a request; without a value it is removed.
func with(r *http.Request, name, value string) *http.Request {
	r.Header.Del("Authorization")
	if value != "" {
		r.Header.Set(name, value)
	}
	return r
}

// withBody gives a request another body.
func withBody(r *http.Request, body string) *http.Request {
	r.Body = io.NopCloser(strings.NewReader(body))
	return r
}
