package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// literals are all texts in quotes in the source.
func literals(t *testing.T) (found []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`"([a-z_0-9]+)"`).FindAllStringSubmatch(string(source), -1) {
			found = append(found, match[1])
		}
	}
	return found
}

func TestEveryLanguageHasTheSameSentences(t *testing.T) {
	verbs := regexp.MustCompile(`%[a-z]`)
	english := textsIn("en").sentences
	for _, name := range languages {
		sentences := textsIn(name).sentences
		if !slices.Equal(slices.Sorted(maps.Keys(sentences)), slices.Sorted(maps.Keys(english))) {
			t.Errorf("%s has other keys than English", name)
		}
		for key, sentence := range sentences {
			if sentence == "" {
				t.Errorf("%s: %s is empty", name, key)
			}
			if !slices.Equal(verbs.FindAllString(sentence, -1), verbs.FindAllString(english[key], -1)) {
				t.Errorf("%s: %s has other places for values than English: %q", name, key, sentence)
			}
		}
	}
}

func TestEverySentenceIsUsed(t *testing.T) {
	source := literals(t)
	for key := range textsIn("en").sentences {
		if !slices.ContainsFunc(source, func(text string) bool {
			return text == key || strings.HasSuffix(text, "_") && strings.HasPrefix(key, text)
		}) {
			t.Errorf("nothing says %s", key)
		}
	}
}

func TestEverySentenceThatIsSaidExists(t *testing.T) {
	said := regexp.MustCompile(`\.(?:of|say|usage|failed|confirm)\("([a-z_0-9]+)"|"(label_[a-z_]+)"|\.(?:leaf|group)\("[^"]*", "([a-z_]+)"`)
	english := textsIn("en").sentences
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range said.FindAllStringSubmatch(string(source), -1) {
			key := match[1] + match[2] + match[3]
			if _, ok := english[key]; !ok && !strings.HasSuffix(key, "_") {
				t.Errorf("%s says %q, which no language has", file, key)
			}
		}
	}
}

func TestTheLanguageIsTheOneAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"nothing said":                {want: "en"},
		"LANG":                        {env: map[string]string{"LANG": "ja_JP.UTF-8"}, want: "ja"},
		"LC_ALL goes before LANG":     {env: map[string]string{"LANG": "ja_JP.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, want: "zh"},
		"the flag goes before all":    {args: []string{"x", "--lang", "ja"}, env: map[string]string{"LC_ALL": "zh_CN"}, want: "ja"},
		"the flag in one word":        {args: []string{"x", "--lang=zh"}, want: "zh"},
		"the flag without a value":    {args: []string{"x", "--lang"}, want: "en"},
		"C is English":                {env: map[string]string{"LANG": "C.UTF-8"}, want: "en"},
		"POSIX is English":            {env: map[string]string{"LANG": "POSIX"}, want: "en"},
		"a language that is not here": {env: map[string]string{"LANG": "de_DE@euro"}, want: "en"},
		"nonsense":                    {env: map[string]string{"LANG": "\x00???"}, want: "en"},
	} {
		if got := chosen(c.args, func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
