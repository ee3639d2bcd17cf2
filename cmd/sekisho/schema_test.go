package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var schemaFiles = filepath.Join("..", "..", "docs", "schema")

// schemas are the committed JSON Schemas, by the names of their files.
type schemas map[string]*jsonschema.Schema

func loadSchemas(t *testing.T) schemas {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(schemaFiles, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas in %s: %v", schemaFiles, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	loaded := schemas{}
	for _, file := range files {
		schema, err := compiler.Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		loaded[strings.TrimSuffix(filepath.Base(file), ".json")] = schema
	}
	return loaded
}

// validate holds every JSON value of a text to a schema.
func (s schemas) validate(name, text string) error {
	schema, known := s[name]
	if !known {
		return fmt.Errorf("docs/schema has no %s.json", name)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	for {
		var value any
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("the output is no JSON: %w", err)
		}
		if err := schema.Validate(value); err != nil {
			return fmt.Errorf("%s.json: %w", name, err)
		}
	}
}

func TestEveryCommandHasASchemaAndEverySchemaACommand(t *testing.T) {
	loaded := loadSchemas(t)
	var needed []string
	for _, leaf := range leaves(t) {
		if leaf.PersistentFlags().Lookup("json") == nil && leaf.InheritedFlags().Lookup("json") == nil {
			t.Errorf("%s has no --json", leaf.CommandPath())
		}
		needed = append(needed, strings.ReplaceAll(leaf.CommandPath(), " ", "-"))
	}
	for _, name := range needed {
		if loaded[name] == nil {
			t.Errorf("docs/schema has no %s.json", name)
		}
	}
	var all strings.Builder
	for name := range loaded {
		text, err := os.ReadFile(filepath.Join(schemaFiles, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for name := range loaded {
		if !slices.Contains(needed, name) && !strings.Contains(all.String(), `"$ref": "`+name+`.json"`) {
			t.Errorf("%s.json is of no command", name)
		}
	}
}

func TestASchemaRefusesWhatIsNotDocumented(t *testing.T) {
	loaded := loadSchemas(t)
	for name, text := range map[string]string{
		"a member too many": `{"revoked":1,"ids":["jt_a"],"token":"x"}`,
		"another type":      `{"revoked":"1","ids":["jt_a"]}`,
		"a member missing":  `{"revoked":1}`,
		"no JSON":           `Revoked: 1.`,
	} {
		if err := loaded.validate("devtoken-revoke", text); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
