package openapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
)

// wantValid holds a JSON text to the schema at a pointer.
func (d *document) wantValid(t *testing.T, where, pointer, reply string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(reply))
	if err != nil {
		t.Errorf("%s: %v in %q", where, err, reply)
	} else if err := d.schema(t, pointer).Validate(value); err != nil {
		t.Errorf("%s: %v in %s", where, err, reply)
	}
}

// wantDescribed holds an answer to what the description has for its status.
func (d *document) wantDescribed(t *testing.T, o operation, what string, a issuertest.Answer) {
	t.Helper()
	where, status := o.id+", "+what, strconv.Itoa(a.Status)
	response, ok := member(o.node, "responses", status).(map[string]any)
	if !ok {
		t.Errorf("%s: status %s is not described: %s", where, status, a.Text)
		return
	}
	headers, _ := response["headers"].(map[string]any)
	for name, header := range headers {
		if member(header, "required") == true && a.Header.Get(name) == "" {
			t.Errorf("%s: %s lacks the header %s", where, status, name)
		}
	}
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		return
	}
	kind := a.Header.Get("Content-Type")
	if content[kind] == nil {
		t.Errorf("%s: Content-Type %q is not described for %s", where, kind, status)
		return
	}
	d.wantValid(t, where, o.pointer+"/responses/"+status+"/content/"+escaped.Replace(kind)+"/schema", a.Text)
}

// circumstance is a way to ask for operations whose path begins so.
type circumstance struct {
	name, only string
	ask        func(w *world, r *http.Request) *http.Request
	all        bool // with every parameter
	missing    bool // about what is not there
	again      bool // a second time
}

func asIs(_ *world, r *http.Request) *http.Request { return r }

func asking(change func(r *http.Request) *http.Request) func(*world, *http.Request) *http.Request {
	return func(_ *world, r *http.Request) *http.Request { return change(r) }
}

func bearer(secret string) func(*world, *http.Request) *http.Request {
	return asking(func(r *http.Request) *http.Request { return with(r, "Authorization", "Bearer "+secret) })
}

func conditional(name, value string) func(*world, *http.Request) *http.Request {
	return asking(func(r *http.Request) *http.Request { return with(r, name, value) })
}

const otherToken = "with another token of a known id"

var circumstances = []circumstance{
	{name: "as the examples have it", ask: asIs},
	{name: "with every parameter", all: true, ask: asIs},
	{name: "twice", all: true, ask: asIs, again: true},
	{name: "twice without parameters", ask: asIs, again: true},
	{name: "without a key", ask: asking(func(r *http.Request) *http.Request { return with(r, "Authorization", "") })},
	{name: "with a wrong key", ask: bearer("a-guess-of-a-stranger")},
	{name: "with a key that may only list", ask: bearer(readerSecret)},
	{name: "with a key that may only mint", ask: bearer(issuertest.MintSecret)},
	{name: "with a key of another organization", ask: bearer(issuertest.ForeignSecret)},
	{name: "with a key of a group", ask: bearer(issuertest.GroupSecret)},
	{name: "over the limit", ask: bearer(limitedSecret), again: true},
	{name: "by Turso's SDK", only: "/v1/organizations", ask: asking(func(r *http.Request) *http.Request {
		r.Header.Set("User-Agent", "@tursodatabase/api")
		return r
	})},
	{name: "with two keys", only: "/api/tokens", ask: asking(func(r *http.Request) *http.Request {
		r.Header.Set("X-API-Key", issuertest.OpsSecret)
		return r
	})},
	{name: "with an unknown parameter", ask: asking(func(r *http.Request) *http.Request {
		r.URL.RawQuery += "&unheard=of"
		return r
	})},
	{name: "of what is not there", ask: asIs, missing: true},
	{name: "of ids that are not there", only: "/devtokens/revoke", ask: asking(func(r *http.Request) *http.Request { return withBody(r, `{"ids":["jt_nothing"]}`) })},
	{name: "with a body that cannot be read", ask: asking(func(r *http.Request) *http.Request { return withBody(r, "{") })},
	{name: "with a body too large", ask: asking(func(r *http.Request) *http.Request { return withBody(r, strings.Repeat(" ", tooLarge(r))) })},
	{name: otherToken, ask: asIs, again: true},
	{name: "if it has changed", only: jwksPath, ask: func(w *world, r *http.Request) *http.Request {
		keys := httptest.NewRequest(http.MethodGet, jwksPath, nil)
		return with(r, "If-None-Match", issuertest.Serve(w.door(keys), keys).Header.Get("ETag"))
	}},
	{name: "if it is another", only: jwksPath, ask: conditional("If-Match", `"another"`)},
	{name: "a part", only: jwksPath, ask: conditional("Range", "bytes=0-9")},
	{name: "a part that is not there", only: jwksPath, ask: conditional("Range", "bytes=9000-")},
	{name: "whose record proves nothing", only: "/oauth/revoke", ask: func(w *world, r *http.Request) *http.Request {
		for _, key := range w.Redis.Keys() {
			if strings.HasPrefix(key, "sekisho:token:") {
				w.Redis.HSet(key, "opaque", `{"digest":"`+strings.Repeat("ab", 32)+`"}`)
			}
		}
		return r
	}},
	// The last: the store does not come back.
	{name: "without a store", ask: func(w *world, r *http.Request) *http.Request {
		w.Redis.SetError("LOADING the dataset")
		return r
	}},
}

// tooLarge is one byte more than a body may have.
func tooLarge(r *http.Request) int {
	if strings.HasSuffix(r.URL.Path, "/import") {
		return 8<<20 + 1
	}
	return 64<<10 + 1
}

// around are the statuses that the server gives before a door is asked, or that no
// request can cause.
var around = []string{"403", "425", "429", "500", "503"}

func TestEveryAnswerIsDescribedAndEveryDescribedStatusIsAnswered(t *testing.T) {
	d := load(t, true)
	for _, o := range d.operations(t) {
		t.Run(o.id, func(t *testing.T) {
			seen := map[string]bool{}
			var w *world
			for i, c := range circumstances {
				if !strings.HasPrefix(o.path, c.only) {
					continue
				}
				if w == nil || c.all || c.again {
					w = newWorld(t)
				}
				a := c.answer(t, d, w, o)
				seen[strconv.Itoa(a.Status)] = true
				d.wantDescribed(t, o, c.name, a)
				if i < 2 && a.Status >= 300 {
					t.Errorf("%s: %d %s", c.name, a.Status, a.Text)
				}
			}
			for status := range o.node["responses"].(map[string]any) {
				if !seen[status] && !slices.Contains(around, status) {
					t.Errorf("status %s is described, and no request was answered so", status)
				}
			}
		})
	}
}

func (c *circumstance) answer(t *testing.T, d *document, w *world, o operation) issuertest.Answer {
	t.Helper()
	r := d.request(t, w, o, c.all, c.missing)
	if !c.again {
		return w.serve(t, c.ask(w, r))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	second := withBody(r.Clone(t.Context()), string(body))
	if c.name == otherToken {
		second = withBody(second, strings.ReplaceAll(string(body), "9f86d081", "00000000"))
	}
	w.serve(t, c.ask(w, withBody(r, string(body))))
	return w.serve(t, c.ask(w, second))
}

func TestEverySchemeOpensWhatItIsDescribedFor(t *testing.T) {
	d := load(t, true)
	schemes := map[string]func(*http.Request){
		"adminKey":    func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+issuertest.OpsSecret) },
		"apiKey":      func(r *http.Request) { r.Header.Set("X-API-Key", issuertest.OpsSecret) },
		"clientBasic": func(r *http.Request) { r.SetBasicAuth("ops", url.QueryEscape(issuertest.OpsSecret)) },
	}
	for _, o := range d.operations(t) {
		described, own := o.node["security"].([]any)
		if !own {
			described = d.tree["security"].([]any)
		}
		w := newWorld(t)
		for name, set := range schemes {
			r := with(d.request(t, w, o, false, false), "", "")
			set(r)
			opens := w.serve(t, r).Status < 300
			want := len(described) == 0 || slices.ContainsFunc(described, func(s any) bool { return s.(map[string]any)[name] != nil })
			if opens != want {
				t.Errorf("%s with %s: opens %t, described %t", o.id, name, opens, want)
			}
		}
	}
}
