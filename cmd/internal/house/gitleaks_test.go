package house

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/sekisho-project/sekisho/token"
)

// scanner has the rules of a gitleaks configuration, and does with them what
// gitleaks does: it looks for a keyword in lower case first, matches with Go's
// regexp, takes the first group for the secret, and wants its entropy to be above
// that of the rule. gitleaks itself would bring some hundred modules along.
type scanner struct {
	Title  string
	Extend struct {
		UseDefault bool `toml:"useDefault"`
	}
	Rules []struct {
		ID, Description, Regex string
		Entropy                float64
		Keywords               []string

		compiled *regexp.Regexp
	}
}

func readScanner(t *testing.T) *scanner {
	t.Helper()
	var s scanner
	known, err := toml.DecodeFile(filepath.Join(root, "docs", "gitleaks.toml"), &s)
	if err != nil || len(known.Undecoded()) > 0 || len(s.Rules) == 0 {
		t.Fatalf("%v, unknown keys %v, %d rules", err, known.Undecoded(), len(s.Rules))
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.ID == "" || r.Description == "" || len(r.Keywords) == 0 {
			t.Errorf("rule %d lacks an id, a description or keywords", i)
		}
		r.compiled = regexp.MustCompile(r.Regex)
	}
	return &s
}

func (s *scanner) find(text string) (secrets []string) {
	lower := strings.ToLower(text)
	for _, r := range s.Rules {
		if !slices.ContainsFunc(r.Keywords, func(word string) bool { return strings.Contains(lower, word) }) {
			continue
		}
		for _, match := range r.compiled.FindAllStringSubmatch(text, -1) {
			if entropy(match[1]) > r.Entropy {
				secrets = append(secrets, match[1])
			}
		}
	}
	return secrets
}

// entropy is Shannon's, in bits for each character.
func entropy(s string) (bits float64) {
	counts := map[rune]float64{}
	for _, c := range s {
		counts[c]++
	}
	for _, n := range counts {
		p := n / float64(len(s))
		bits -= p * math.Log2(p)
	}
	return bits
}

const compose = `
# compose.yaml, somewhere in a repository
services:
  worker:
    image: registry.example.com/worker@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    environment:
      SESSION_ID: 7c9e6679-7425-40de-944b-e07fc1f90ae7
      API_URL: "https://api.example.com/api/v1/songs?token_id=%ID%&page=2"
      API_TOKEN: "%TOKEN%"
      LAST_TOKEN_SHOWN: token_9f0c…a1b2
      PUBLIC_KEY: MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
`

func TestGitleaksFindsAFreshTokenOfEachFamilyInARealisticFile(t *testing.T) {
	s := readScanner(t)
	for _, prefix := range []string{"jt", "token"} {
		for range 1000 {
			credential, id := token.NewOpaque(prefix)
			text := strings.NewReplacer("%TOKEN%", credential, "%ID%", id).Replace(compose)
			if found := s.find(text); !slices.Equal(found, []string{credential}) {
				t.Fatalf("found %q, want %q", found, credential)
			}
		}
		credential, _ := token.NewOpaque(prefix)
		for name, text := range map[string]string{
			"an env file":   "API_TOKEN=" + credential + "\r\n",
			"JSON":          `{"token":"` + credential + `"}`,
			"a header":      "curl -H 'Authorization: Bearer " + credential + "' https://api.example.com",
			"a query":       "https://api.example.com/?t=" + credential + "&x=1",
			"JavaScript":    "const TOKEN = '" + credential + "';",
			"Python":        `TOKEN = "` + credential + `"  # TODO`,
			"the end":       credential,
			"a redirection": "echo " + credential + ">token.txt",
		} {
			if found := s.find(text); !slices.Equal(found, []string{credential}) {
				t.Errorf("%s: found %q", name, found)
			}
		}
	}
}

func TestGitleaksPassesOverWhatOnlyLooksAlike(t *testing.T) {
	s := readScanner(t)
	credential, id := token.NewOpaque("jt")
	for name, text := range map[string]string{
		"an id of ours":         id,
		"a masked token":        token.MaskOpaque(id, token.OpaqueHint(credential)),
		"a UUID":                "token_123e4567-e89b-42d3-a456-426614174000",
		"a JWT":                 "jt_eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJpc3MiOiJzZWtpc2hvIn0.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU",
		"base64":                "token_MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
		"a digest":              "token_sha256_" + strings.Repeat("0123456789abcdef", 4),
		"a placeholder":         "jt_xxxxxxxxxxxxxxxx_" + strings.Repeat("x", 49),
		"words":                 "the_token_is_refused_by_the_gate_because_it_is_one_of_another_system_altogether",
		"a name of a test":      "token_TestThatTokensOfAnotherSystemAreRefusedByArithmeticAlone",
		"one character short":   credential[:len(credential)-1],
		"one character long":    credential + "a",
		"another prefix":        "github" + credential[2:],
		"a part of longer text": "x" + credential,
	} {
		if found := s.find(text); len(found) > 0 {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

func TestGitleaksFindsNothingInThisRepository(t *testing.T) {
	s := readScanner(t)
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", ".tools", "bin", "node_modules"}, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // of another test, which has ended meanwhile
		}
		files++
		if found := s.find(string(text)); len(found) > 0 {
			t.Errorf("%s: %d tokens", path, len(found))
		}
		return err
	})
	if err != nil || files < 100 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestTheRuleThatIsPrintedIsTheOneInTheFile(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(root, "docs", "gitleaks.toml"))
	if err != nil {
		t.Fatal(err)
	}
	printed := words(t, "(?s)```toml\n(.*?)```", "docs", "api-tokens.md")
	if len(printed) != 1 || !strings.HasSuffix(string(file), printed[0]) {
		t.Errorf("printed:\n%s\nin the file:\n%s", printed, file)
	}
}
