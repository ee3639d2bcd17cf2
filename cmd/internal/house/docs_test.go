package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var root = filepath.Join("..", "..", "..")

// words finds every first group of a pattern in a file, each once.
func words(t *testing.T, pattern string, file ...string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, file...)...))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestTheDocumentedWordsAreThoseOfTheCode(t *testing.T) {
	for name, pair := range map[string][2][]string{
		"codes": {
			words(t, `Code = "([A-Z_]+)"`, "token", "refusal", "code.go"),
			words(t, "`([A-Z]+(?:_[A-Z]+)*)`(?:,| \\|)", "docs", "errors.md"),
		},
		"reasons": {
			words(t, `Reason = "([a-z_]+)"`, "token", "refusal", "reason.go"),
			words(t, "`([a-z_]+)`(?:,| \\|)", "docs", "metrics.md"),
		},
	} {
		code, docs := pair[0], pair[1]
		for _, word := range code {
			if !slices.Contains(docs, word) {
				t.Errorf("%s: %s is not documented", name, word)
			}
		}
		if name == "reasons" {
			continue // the page has the names of metrics and labels too
		}
		for _, word := range docs {
			if !slices.Contains(code, word) {
				t.Errorf("%s: %s is documented and not in the code", name, word)
			}
		}
	}
}

func TestTheDocumentedMetricsAreThoseOfTheCode(t *testing.T) {
	documented := words(t, "`(caddy_sekisho_[a-z_]+)`", "docs", "metrics.md")
	var counted []string
	for _, name := range words(t, `Name: "([a-z_]+)"`, "caddymodule", "metrics.go") {
		counted = append(counted, "caddy_sekisho_"+name)
	}
	counted = append(counted, words(t, `NewDesc\("([a-z_]+)"`, "caddymodule", "metrics_mirror.go")...)
	slices.Sort(counted)
	if !slices.Equal(documented, counted) {
		t.Errorf("documented %v\nin the code %v", documented, counted)
	}
}
