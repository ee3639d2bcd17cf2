package api

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func speaking(o *Options) { o.GraphQL = true }

// posted is a POST of JSON.
func posted(credential, body string) *http.Request {
	return request("POST", "/graphql", credential, body, "Content-Type", "application/json")
}

// document is a POST of a document alone.
func document(credential, text string) *http.Request {
	body, _ := json.Marshal(map[string]string{"query": text})
	return posted(credential, string(body))
}

// eachReader checks a request with both kinds of tokens that may only read.
func eachReader(t *testing.T, make func(credential string) *http.Request, check func(t *testing.T, g *Gate, r *http.Request)) {
	t.Helper()
	for credential, g := range map[string]*Gate{"readonly": newGate(t, speaking), "reader": newGate(t, speaking, ruled)} {
		check(t, g, make(credential))
	}
}

func TestQueriesPassForTokensThatOnlyRead(t *testing.T) {
	for name, make := range map[string]func(string) *http.Request{
		"shorthand": func(c string) *http.Request { return document(c, "{ songs { title } }") },
		"a named query": func(c string) *http.Request {
			return document(c, "query Q($a: Int = 1) { songs(first: $a) @skip(if: false) { title } }")
		},
		"fragments": func(c string) *http.Request {
			return document(c, "query { ...F ... on X { mutation } } fragment F on Y { subscription }")
		},
		"words in strings": func(c string) *http.Request {
			return document(c, `{ a(b: "} mutation { x", c: """ " mutation { \""" """) }`)
		},
		"words in comments": func(c string) *http.Request { return document(c, "# mutation { x }\r\n{ a } # mutation { x }") },
		"an operation by name": func(c string) *http.Request {
			return posted(c, `{"query":"query Q{a} mutation M{b}","operationName":"Q","variables":{"x":[1]}}`)
		},
		"nulls": func(c string) *http.Request {
			return posted(c, `{"query":"{a}","operationName":null,"variables":null,"extensions":null}`)
		},
		"a client's name": func(c string) *http.Request {
			return posted(c, `{"query":"{a}","extensions":{"clientLibrary":{"name":"x"}}}`)
		},
		"a charset": func(c string) *http.Request {
			return request("POST", "/graphql?op=Q", c, `{"query":"{a}"}`, "Content-Type", `application/json; charset="UTF-8"`)
		},
		"the document alone": func(c string) *http.Request {
			return request("POST", "/graphql", c, "{ a }", "Content-Type", "application/graphql")
		},
		"GET": func(c string) *http.Request { return request("GET", "/graphql?query=%7Ba%7D&variables=%7B%7D", c, "") },
		"HEAD": func(c string) *http.Request {
			return request("HEAD", "/graphql?query=query+Q%7Ba%7D&operationName=Q", c, "")
		},
		"the page of a console": func(c string) *http.Request { return request("GET", "/graphql", c, "") },
	} {
		t.Run(name, func(t *testing.T) {
			eachReader(t, make, func(t *testing.T, g *Gate, r *http.Request) {
				before, _ := io.ReadAll(make("").Body)
				passed := passes(t, g, r)
				if passed == nil {
					return
				}
				if after, _ := io.ReadAll(passed.Body); string(after) != string(before) || passed.ContentLength != int64(len(before)) {
					t.Errorf("%q arrived as %q, length %d", before, after, passed.ContentLength)
				}
			})
		})
	}
}

func TestWritesAreRefusedForTokensThatOnlyRead(t *testing.T) {
	for _, make := range []func(string) *http.Request{
		func(c string) *http.Request { return document(c, "mutation { drop }") },
		func(c string) *http.Request { return document(c, "mutation M { drop }") },
		func(c string) *http.Request { return document(c, "subscription { events }") },
		func(c string) *http.Request { return document(c, "#\n,,, mutation{drop}") },
		func(c string) *http.Request { return document(c, "fragment F on X { a } mutation { ...F }") },
		func(c string) *http.Request {
			return posted(c, `{"query":"query Q{a} mutation M{b}","operationName":"M"}`)
		},
		func(c string) *http.Request { return posted(c, `{"query":"\u006dutation{drop}"}`) },
		func(c string) *http.Request {
			return request("POST", "/graphql", c, "mutation { a }", "Content-Type", "application/graphql")
		},
		func(c string) *http.Request { return request("GET", "/graphql?query=mutation%7Bdrop%7D", c, "") },
		func(c string) *http.Request { return request("GET", "/graphql?%71uery=mutation+M%7Bdrop%7D", c, "") },
	} {
		eachReader(t, make, func(t *testing.T, g *Gate, r *http.Request) {
			reason := refusal.ReadOnlyToken
			if strings.Contains(r.Header.Get("Authorization"), "reader") {
				reason = refusal.NotPermitted
			}
			refuses(t, g, r, 403, reason)
		})
	}
}

func TestWhatCouldBeReadInTwoWaysIsRefused(t *testing.T) {
	for name, make := range map[string]func(string) *http.Request{
		"a batch":           func(c string) *http.Request { return posted(c, `[{"query":"{a}"}]`) },
		"a stored document": func(c string) *http.Request { return posted(c, `{"id":"abc"}`) },
		"a document by its hash": func(c string) *http.Request {
			return posted(c, `{"query":"{a}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`)
		},
		"no document":               func(c string) *http.Request { return posted(c, `{"operationName":"Q"}`) },
		"a document of null":        func(c string) *http.Request { return posted(c, `{"query":null}`) },
		"a document that is a list": func(c string) *http.Request { return posted(c, `{"query":["{a}"]}`) },
		"two documents":             func(c string) *http.Request { return posted(c, `{"query":"{a}","query":"mutation{b}"}`) },
		"one in another case":       func(c string) *http.Request { return posted(c, `{"query":"{a}","Query":"mutation{b}"}`) },
		"an escaped name twice":     func(c string) *http.Request { return posted(c, `{"query":"{a}","\u0071uery":"mutation{b}"}`) },
		"more than one value":       func(c string) *http.Request { return posted(c, `{"query":"{a}"}{"query":"mutation{b}"}`) },
		"a byte order mark":         func(c string) *http.Request { return posted(c, "\ufeff"+`{"query":"{a}"}`) },
		"invalid UTF-8":             func(c string) *http.Request { return posted(c, "{\"query\":\"{a(b:\\\"\xff\\\")}\"}") },
		"operations without a name": func(c string) *http.Request { return document(c, "query Q{a} mutation M{b}") },
		"an empty name": func(c string) *http.Request {
			return posted(c, `{"query":"query Q{a} mutation M{b}","operationName":""}`)
		},
		"a name that is not there": func(c string) *http.Request { return posted(c, `{"query":"query Q{a}","operationName":"M"}`) },
		"two of one name": func(c string) *http.Request {
			return posted(c, `{"query":"query Q{a} mutation Q{b}","operationName":"Q"}`)
		},
		"two shorthands":            func(c string) *http.Request { return document(c, "{a} {b}") },
		"a definition of types":     func(c string) *http.Request { return document(c, "type Query { a: Int }") },
		"only a fragment":           func(c string) *http.Request { return document(c, "fragment F on X { a }") },
		"a comment ended by CR":     func(c string) *http.Request { return document(c, "#\rmutation{b}\n{a}") },
		"a comment ended by U+2028": func(c string) *http.Request { return document(c, "#\u2028mutation{b} #\n{a}") },
		"a comment ended by NEL":    func(c string) *http.Request { return document(c, "#\u0085mutation{b} #\n{a}") },
		"a NUL":                     func(c string) *http.Request { return document(c, "{a}\x00mutation{b}") },
		"another document in the URL": func(c string) *http.Request {
			r := posted(c, `{"query":"{a}"}`)
			r.URL.RawQuery = "Query=mutation%7Bb%7D"
			return r
		},
		"a URL that is no query": func(c string) *http.Request {
			r := posted(c, `{"query":"{a}"}`)
			r.URL.RawQuery = "a=1;query=mutation"
			return r
		},
		"an upload": func(c string) *http.Request {
			return request("POST", "/graphql", c, "", "Content-Type", "multipart/form-data; boundary=x")
		},
		"a form": func(c string) *http.Request {
			return request("POST", "/graphql", c, "query={a}", "Content-Type", "application/x-www-form-urlencoded")
		},
		"another charset": func(c string) *http.Request {
			return request("POST", "/graphql", c, `{"query":"{a}"}`, "Content-Type", "application/json; charset=utf-7")
		},
		"two types": func(c string) *http.Request {
			return request("POST", "/graphql", c, `{"query":"{a}"}`, "Content-Type", "application/json", "Content-Type", "application/graphql")
		},
		"an encoded body": func(c string) *http.Request {
			return request("POST", "/graphql", c, `{"query":"{a}"}`, "Content-Type", "application/json", "Content-Encoding", "gzip")
		},
		"GET of a stored one": func(c string) *http.Request { return request("GET", "/graphql?id=abc", c, "") },
		"GET by a hash": func(c string) *http.Request {
			return request("GET", "/graphql?query=%7Ba%7D&extensions=%7B%22persistedQuery%22:1%7D", c, "")
		},
		"GET of two documents": func(c string) *http.Request {
			return request("GET", "/graphql?query=%7Ba%7D&query=mutation%7Bb%7D", c, "")
		},
		"GET in another case": func(c string) *http.Request {
			return request("GET", "/graphql?query=%7Ba%7D&QUERY=mutation%7Bb%7D", c, "")
		},
		"GET with a body": func(c string) *http.Request {
			return request("GET", "/graphql?query=%7Ba%7D", c, `{"query":"mutation{b}"}`)
		},
		"GET with only a body": func(c string) *http.Request { return request("GET", "/graphql", c, `{"query":"mutation{b}"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			eachReader(t, make, func(t *testing.T, g *Gate, r *http.Request) { refuses(t, g, r, 400, refusal.BadRequestBody) })
		})
	}
}

func TestADocumentOfTooManyWordsIsNotUnderstood(t *testing.T) {
	words := func(n int) string { return "{" + strings.Repeat("a ", n-2) + "}" }
	for n, want := range map[int]error{10_000: nil, 10_001: errDocument} {
		if queries, err := onlyQueries(words(n), ""); !errors.Is(err, want) || queries != (want == nil) {
			t.Errorf("%d words: got %t, %v", n, queries, err)
		}
	}
}

func TestGraphQLOverAnUpgradeIsRefusedForTokensThatOnlyRead(t *testing.T) {
	refuses(t, newGate(t, speaking), request("GET", "/graphql", "readonly", "", "Upgrade", "websocket"), 403, refusal.ReadOnlyToken)
}

func TestOtherMethodsAreAsTheyAreWithoutGraphQL(t *testing.T) {
	g := newGate(t, speaking)
	refuses(t, g, request("PUT", "/graphql", "readonly", `{"query":"{a}"}`), 403, refusal.ReadOnlyToken)
	refuses(t, newGate(t), document("readonly", "{a}"), 403, refusal.ReadOnlyToken)
}

func TestDocumentsOfTokensThatMayWriteAreNotLookedAt(t *testing.T) {
	for _, credential := range []string{"plain", "user", "writer"} {
		passes(t, newGate(t, speaking, ruled), posted(credential, `[{"query":"mutation{a}"}]`))
	}
}

func TestALargeOrDeepDocumentIsRefused(t *testing.T) {
	g := newGate(t, speaking)
	refuses(t, g, document("readonly", "{"+strings.Repeat("a ", maxDocument/2)+"}"), 413, refusal.TooLarge)
	r := document("readonly", "{"+strings.Repeat("a ", maxDocument/2)+"}")
	r.ContentLength = -1
	refuses(t, g, r, 413, refusal.TooLarge)
	refuses(t, g, document("readonly", strings.Repeat("{a", 200_000)), 400, refusal.BadRequestBody)
	refuses(t, g, document("readonly", "{a(b:"+strings.Repeat("[", 200_000)), 400, refusal.BadRequestBody)
}

func FuzzGraphQL(f *testing.F) {
	for _, s := range []string{
		"{a}", "query Q{a} mutation M{b}", "mutation{a}", "subscription{a}", "#\rmutation{b}\n{a}", `{a(b:"""x\""" """)}`, "fragment F on X{a} {...F}", "{a", "\ufeff{a}", "query mutation{a}",
	} {
		f.Add(s, "Q")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		queries, err := onlyQueries(text, name)
		if err != nil || !queries {
			return
		}
		parsed, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, o := range parsed.Operations {
			if (name == "" || o.Name == name) && o.Operation != ast.Query {
				t.Errorf("%q passes as %q", text, name)
			}
		}
	})
}
