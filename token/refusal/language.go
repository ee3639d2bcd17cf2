package refusal

import (
	"embed"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/language"
)

// sentences has a file for each language but English, whose sentences stand where
// refusals are made and tell more: one general sentence for each code.
//
//go:embed sentences/*.json
var sentences embed.FS

// languages are those that a message may be in. The first is for everybody else.
var languages = []language.Tag{language.English, language.Japanese, language.SimplifiedChinese}

var (
	matcher      = language.NewMatcher(languages)
	translations = map[language.Tag]map[Code]string{
		language.Japanese:          readSentences("ja"),
		language.SimplifiedChinese: readSentences("zh"),
	}
)

func readSentences(name string) map[Code]string {
	text, err := sentences.ReadFile("sentences/" + name + ".json")
	if err != nil {
		panic(err) // it is part of the program
	}
	list := map[Code]string{}
	if err := json.Unmarshal(text, &list); err != nil {
		panic(err)
	}
	return list
}

// maxAcceptLanguage bounds what is looked at of a stranger's header, in bytes.
const maxAcceptLanguage = 256

// inLanguage gives the sentence for a refusal in the language that the client asks
// for (RFC 9110, section 12.5.4), and the tag of that language.
func (r *Refusal) inLanguage(acceptLanguage string) (message, tag string) {
	message, tag = r.Message, "en"
	if acceptLanguage == "" || len(acceptLanguage) > maxAcceptLanguage {
		return message, tag
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return message, tag
	}
	_, index, confidence := matcher.Match(wanted...)
	if sentence, ok := translations[languages[index]][r.Code]; ok && confidence >= language.Low {
		base, _ := languages[index].Base()
		return sentence, base.String()
	}
	return message, tag
}
