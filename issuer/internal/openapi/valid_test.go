package openapi

import (
	"slices"
	"testing"
)

// fields are the members that the OpenAPI Specification 3.1 gives its objects, as
// far as the document uses them; "$" marks those that must be there.
var fields = map[string][]string{
	"root":      {"$openapi", "$info", "servers", "security", "tags", "$paths", "components"},
	"operation": {"$operationId", "$summary", "description", "$tags", "security", "parameters", "requestBody", "$responses"},
	"parameter": {"$name", "$in", "description", "required", "explode", "$schema", "$example"},
	"response":  {"$description", "headers", "content"},
	"header":    {"description", "required", "$schema"},
	"media":     {"$schema", "example"},
	"body":      {"required", "$content"},
}

func wantFields(t *testing.T, kind, where string, value any) {
	t.Helper()
	members, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("%s is no object", where)
	}
	for _, field := range fields[kind] {
		if field[0] == '$' && members[field[1:]] == nil {
			t.Errorf("%s has no %s", where, field[1:])
		}
	}
	for name := range members {
		if !slices.Contains(fields[kind], name) && !slices.Contains(fields[kind], "$"+name) {
			t.Errorf("%s: a %s has no %q", where, kind, name)
		}
	}
}

func TestTheDescriptionHasTheShapeOfOpenAPI(t *testing.T) {
	d := load(t, false)
	wantFields(t, "root", "the document", d.tree)
	if d.tree["openapi"] != "3.1.0" {
		t.Errorf("openapi is %v", d.tree["openapi"])
	}
	wantNoNulls(t, "#", d.tree)
	ids := map[string]bool{}
	for _, o := range d.operations(t) {
		wantFields(t, "operation", o.id, o.node)
		if ids[o.id] {
			t.Errorf("two operations are called %s", o.id)
		}
		ids[o.id] = true
		for _, p := range o.parameters {
			wantFields(t, "parameter", o.id+" "+text(member(p, "name")), p)
		}
		if body, ok := o.node["requestBody"]; ok {
			wantFields(t, "body", o.id, body)
		}
		for status, response := range o.node["responses"].(map[string]any) {
			where := o.id + " " + status
			wantFields(t, "response", where, response)
			headers, _ := member(response, "headers").(map[string]any)
			for name, header := range headers {
				wantFields(t, "header", where+" "+name, header)
			}
			content, _ := member(response, "content").(map[string]any)
			for _, media := range content {
				wantFields(t, "media", where, media)
			}
		}
	}
}

// wantNoNulls finds what a comma in a text that is not quoted makes of it: a member
// without a value. Examples may have nulls.
func wantNoNulls(t *testing.T, where string, value any) {
	t.Helper()
	switch v := value.(type) {
	case nil:
		t.Errorf("%s has no value", where)
	case []any:
		for _, item := range v {
			wantNoNulls(t, where, item)
		}
	case map[string]any:
		for name, item := range v {
			if name != "example" && name != "examples" {
				wantNoNulls(t, where+"/"+name, item)
			}
		}
	}
}

func TestEverySchemaIsValidAndEveryExampleFitsItsSchema(t *testing.T) {
	d := load(t, true)
	schemas := member(d.tree, "components", "schemas").(map[string]any)
	for name := range schemas {
		d.wantExamples(t, "#/components/schemas/"+name)
	}
	for _, o := range d.operations(t) {
		for _, p := range o.parameters {
			d.wantParameter(t, o, p)
		}
		if body := o.node["requestBody"]; body != nil {
			d.wantMedia(t, o.pointer+"/requestBody", body)
		}
		for status, response := range o.node["responses"].(map[string]any) {
			if member(response, "content") != nil {
				d.wantMedia(t, o.pointer+"/responses/"+status, response)
			}
		}
	}
}

// wantExamples validates the examples that stand in a schema, and returns them.
func (d *document) wantExamples(t *testing.T, pointer string) []any {
	t.Helper()
	schema := d.schema(t, pointer)
	examples, _ := member(d.at(t, pointer), "examples").([]any)
	for _, example := range examples {
		if err := schema.Validate(example); err != nil {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	return examples
}

func (d *document) wantParameter(t *testing.T, o operation, p any) {
	t.Helper()
	name := text(member(p, "name"))
	for key, shared := range member(d.tree, "components", "parameters").(map[string]any) {
		if text(member(shared, "name")) != name || text(member(shared, "in")) != text(member(p, "in")) {
			continue
		}
		if err := d.schema(t, "#/components/parameters/"+key+"/schema").Validate(member(p, "example")); err != nil {
			t.Errorf("%s: %v", o.id, err)
		}
	}
}

// wantMedia validates the example of a body, which must have one.
func (d *document) wantMedia(t *testing.T, pointer string, holder any) {
	t.Helper()
	for kind := range member(holder, "content").(map[string]any) {
		at := pointer + "/content/" + escaped.Replace(kind)
		examples := d.examples(t, at)
		if len(examples) == 0 {
			t.Errorf("%s has no example", at)
		}
		schema := d.schema(t, at+"/schema")
		for _, example := range examples {
			if err := schema.Validate(example); err != nil {
				t.Errorf("%s: %v", at, err)
			}
		}
	}
}

// examples are those of a media type, else those of its schema.
func (d *document) examples(t *testing.T, pointer string) []any {
	t.Helper()
	media := d.at(t, pointer)
	if example, ok := media.(map[string]any)["example"]; ok {
		return []any{example}
	}
	schema := member(media, "schema")
	if to := text(member(schema, "$ref")); to != "" {
		schema = d.at(t, to)
	}
	examples, _ := member(schema, "examples").([]any)
	return examples
}
