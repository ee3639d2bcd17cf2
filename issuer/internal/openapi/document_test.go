package openapi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var root = filepath.Join("..", "..", "..")

// document is the description with its references outside of schemas resolved, and
// with the schemas that validate against it.
type document struct {
	tree     map[string]any
	compiler *jsonschema.Compiler
}

// operation is a method on a path.
type operation struct {
	method, path, id string
	parameters       []any // of the path too
	pointer          string
	node             map[string]any
}

// load reads the description. With closed, an object that names its members may
// have no others: what a door answers must all be described.
func load(t *testing.T, closed bool) *document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var parsed any
	if err := yaml.Unmarshal(text, &parsed); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	d := &document{tree: value.(map[string]any), compiler: jsonschema.NewCompiler()}
	d.tree = d.resolve(t, d.tree).(map[string]any)
	if closed {
		closeObjects(d.tree)
	}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("openapi.json", d.tree); err != nil {
		t.Fatal(err)
	}
	return d
}

// resolve replaces references to anything but schemas, which keep theirs.
func (d *document) resolve(t *testing.T, value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = d.resolve(t, v[i])
		}
	case map[string]any:
		if to, ok := v["$ref"].(string); ok && !strings.HasPrefix(to, "#/components/schemas/") {
			return d.resolve(t, d.at(t, to))
		}
		for name := range v {
			v[name] = d.resolve(t, v[name])
		}
	}
	return value
}

// at finds what a pointer such as "#/components/schemas/Id" leads to.
func (d *document) at(t *testing.T, pointer string) any {
	t.Helper()
	var node any = d.tree
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
		members, _ := node.(map[string]any)
		if node = members[unescaped.Replace(part)]; node == nil {
			t.Fatalf("nothing at %s", pointer)
		}
	}
	return node
}

var (
	unescaped = strings.NewReplacer("~1", "/", "~0", "~")
	escaped   = strings.NewReplacer("~", "~0", "/", "~1")
)

func closeObjects(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			closeObjects(item)
		}
	case map[string]any:
		_, named := v["properties"].(map[string]any)
		if _, said := v["additionalProperties"]; v["type"] == "object" && named && !said {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	}
}

// schema compiles the schema at a pointer.
func (d *document) schema(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	schema, err := d.compiler.Compile("openapi.json" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// operations are all that the document has.
func (d *document) operations(t *testing.T) []operation {
	t.Helper()
	var list []operation
	for path, item := range d.tree["paths"].(map[string]any) {
		members := item.(map[string]any)
		shared, _ := members["parameters"].([]any)
		for name, member := range members {
			node, ok := member.(map[string]any)
			if !ok {
				continue
			}
			own, _ := node["parameters"].([]any)
			list = append(list, operation{
				method: strings.ToUpper(name), path: path, id: text(node["operationId"]), node: node,
				parameters: append(append([]any{}, shared...), own...),
				pointer:    "#/paths/" + escaped.Replace(path) + "/" + name,
			})
		}
	}
	return list
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

// member walks down into objects.
func member(value any, names ...string) any {
	for _, name := range names {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value
}
