package refusal

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// codes are all that stand in the source.
func codes(t *testing.T) map[Code]bool {
	t.Helper()
	source, err := os.ReadFile("code.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[Code]bool{}
	for _, match := range regexp.MustCompile(`Code = "([A-Z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		all[Code(match[1])] = true
	}
	if len(all) == 0 {
		t.Fatal("code.go has no codes")
	}
	return all
}

func TestEveryCodeHasASentenceInEveryLanguage(t *testing.T) {
	all := codes(t)
	for _, tag := range languages[1:] {
		for code := range all {
			if translations[tag][code] == "" {
				t.Errorf("%s: no sentence for %s", tag, code)
			}
		}
		for code := range translations[tag] {
			if !all[code] {
				t.Errorf("%s: a sentence for %s, which is no code", tag, code)
			}
		}
	}
}

func TestTheMessageIsInTheLanguageAskedFor(t *testing.T) {
	refused := &Refusal{Status: 401, Title: "Invalid token", Message: "Token is invalid or has been revoked", Code: AuthInvalid}
	japanese, chinese := translations[language.Japanese][AuthInvalid], translations[language.SimplifiedChinese][AuthInvalid]
	for accept, want := range map[string]struct{ message, tag string }{
		"":                                {refused.Message, "en"},
		"en":                              {refused.Message, "en"},
		"ja":                              {japanese, "ja"},
		"ja-JP,ja;q=0.9,en;q=0.8":         {japanese, "ja"},
		"en-GB,ja;q=0.5":                  {refused.Message, "en"},
		"zh-CN":                           {chinese, "zh"},
		"zh-Hans-SG":                      {chinese, "zh"},
		"de":                              {refused.Message, "en"},
		"de,ja;q=0.5":                     {japanese, "ja"},
		"*":                               {refused.Message, "en"},
		"ja;q=x":                          {refused.Message, "en"},
		"\x00":                            {refused.Message, "en"},
		strings.Repeat("ja,", 100) + "ja": {refused.Message, "en"},
	} {
		w := httptest.NewRecorder()
		WriteFor(w, "id-1", accept, refused)
		var body Body
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if body.Message != want.message || w.Header().Get("Content-Language") != want.tag {
			t.Errorf("%.40q: got %q in %q", accept, body.Message, w.Header().Get("Content-Language"))
		}
		if body.Error != "Invalid token" || body.Code != AuthInvalid {
			t.Errorf("%.40q: a fixed word was translated: %+v", accept, body)
		}
		if w.Header().Get("Vary") != "Accept-Language" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%.40q: got %v", accept, w.Header())
		}
	}
}

func TestASharedRefusalStaysInItsOwnLanguage(t *testing.T) {
	refused := &Refusal{Status: 404, Title: "Not found", Message: "There is nothing.", Code: NotFound}
	WriteFor(httptest.NewRecorder(), "", "ja", refused)
	if refused.Message != "There is nothing." {
		t.Errorf("the refusal now says %q", refused.Message)
	}
}
