package cli

import (
	"embed"
	"fmt"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/language"
)

// catalogues has all that is said to people, a file for each language.
//
//go:embed texts/*.json
var catalogues embed.FS

// languages are those that there are; the first is for everybody else.
var languages = []string{"en", "ja", "zh"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Japanese, language.SimplifiedChinese})

// texts are the sentences of one language.
type texts struct {
	language  string
	sentences map[string]string
}

func textsIn(name string) texts {
	file, err := catalogues.ReadFile("texts/" + name + ".json")
	if err != nil {
		panic(err) // it is part of the program
	}
	t := texts{language: name}
	if err := json.Unmarshal(file, &t.sentences); err != nil {
		panic(err)
	}
	return t
}

// of is the sentence for a key, with args in their places.
func (t texts) of(key string, args ...any) string {
	if len(args) == 0 {
		return t.sentences[key]
	}
	return fmt.Sprintf(t.sentences[key], args...)
}

// chosen picks the language: --lang, which must be found before the help texts are
// made, and else what the environment asks for, as POSIX has it.
func chosen(args []string, getenv func(string) string) string {
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--lang="); ok {
			return match(value)
		}
		if arg == "--lang" && i+1 < len(args) {
			return match(args[i+1])
		}
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			return match(value)
		}
	}
	return languages[0]
}

// match reads a locale such as "ja_JP.UTF-8" or a tag such as "zh-Hans".
func match(locale string) string {
	locale, _, _ = strings.Cut(locale, ".")
	locale, _, _ = strings.Cut(locale, "@")
	tag, err := language.Parse(strings.ReplaceAll(locale, "_", "-"))
	if err != nil {
		return languages[0]
	}
	_, index, _ := matcher.Match(tag)
	return languages[index]
}

// current are the texts for whoever runs this process.
func current() texts {
	return textsIn(chosen(os.Args, os.Getenv))
}
