package openapi

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// speakers are the sources whose refusals a caller of the doors can hear.
var speakers = []string{
	"issuer/*.go", "issuer/*/*.go", "issuer/internal/door/*.go", "caddymodule/issue_tokens.go", "caddymodule/answer.go", "caddymodule/request.go",
	"store/ratelimit/*.go", "token/refusal/common.go",
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// spoken are the codes that stand in the sources of the doors.
func spoken(t *testing.T) []string {
	t.Helper()
	var source strings.Builder
	for _, pattern := range speakers {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				source.WriteString(read(t, file))
			}
		}
	}
	var codes []string
	names := regexp.MustCompile(`(?m)^\s(\w+)\s+Code = "([A-Z_]+)"`)
	for _, match := range names.FindAllStringSubmatch(read(t, filepath.Join(root, "token", "refusal", "code.go")), -1) {
		if regexp.MustCompile(`(refusal\.|Code: )` + match[1] + `\b`).MatchString(source.String()) {
			codes = append(codes, match[2])
		}
	}
	slices.Sort(codes)
	return codes
}

func words(value any) []string {
	var list []string
	for _, item := range value.([]any) {
		list = append(list, item.(string))
	}
	slices.Sort(list)
	return list
}

func TestTheCodesAreThoseThatTheDoorsCanGive(t *testing.T) {
	d := load(t, false)
	described := words(member(d.tree, "components", "schemas", "ErrorCode", "enum"))
	if given := spoken(t); !slices.Equal(described, given) {
		t.Errorf("described %v\nin the code %v", described, given)
	}
	page := read(t, filepath.Join(root, "docs", "errors.md"))
	for _, code := range described {
		if !strings.Contains(page, "`"+code+"`") {
			t.Errorf("docs/errors.md has no %s", code)
		}
	}
}

func TestTheCodesOfDetailsAreThoseOfTheValidation(t *testing.T) {
	d := load(t, false)
	described := words(member(d.tree, "components", "schemas", "ErrorDetail", "properties", "code", "enum"))
	var given []string
	for _, file := range []string{"validate.go", "limits.go", "tokens.go"} {
		for _, match := range regexp.MustCompile(`\.add\("([a-z_]+)"`).FindAllStringSubmatch(read(t, filepath.Join(root, "issuer", "usertokens", file)), -1) {
			given = append(given, match[1])
		}
	}
	slices.Sort(given)
	if given = slices.Compact(given); !slices.Equal(described, given) {
		t.Errorf("described %v\nin the code %v", described, given)
	}
}
