package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand calls f with each command, in a language.
func everyCommand(language string, f func(*cobra.Command)) {
	t := textsIn(language)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		f(cmd)
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	for _, cmd := range []*cobra.Command{t.devtoken(), t.usertoken(), t.dbtoken(), t.verify(), t.audit(), t.keys(), t.context()} {
		walk(cmd)
	}
}

func TestHelpFitsANarrowScreenInEveryLanguage(t *testing.T) {
	t.Setenv("COLUMNS", "60")
	for _, language := range languages {
		everyCommand(language, func(cmd *cobra.Command) {
			var text strings.Builder
			textsIn(language).help(cmd, &text)
			for line := range strings.Lines(text.String()) {
				if cells(strings.TrimSuffix(line, "\n")) > 60 && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("%s in %s: %q", cmd.CommandPath(), language, line)
				}
			}
			if strings.Contains(text.String(), "%!") {
				t.Errorf("%s in %s misses a value:\n%s", cmd.CommandPath(), language, text.String())
			}
		})
	}
}

func TestHelpHasNoEnglishSentenceInAnotherLanguage(t *testing.T) {
	english := regexp.MustCompile(`[a-z]{3,} [a-z]{2,} [a-z]{3,}|Usage|Flags|default`)
	for _, language := range languages[1:] {
		everyCommand(language, func(cmd *cobra.Command) {
			said := []string{cmd.Short, cmd.Long}
			cmd.Flags().VisitAll(func(f *pflag.Flag) { said = append(said, f.Usage) })
			for _, text := range said {
				if english.MatchString(text) {
					t.Errorf("%s in %s: %q", cmd.CommandPath(), language, text)
				}
			}
		})
	}
}

func TestWhatIsWrongWithAFlagIsSaidInTheLanguageOfTheReader(t *testing.T) {
	for _, c := range []struct {
		args []string
		want map[string]string
	}{
		{[]string{"--nonsense"}, map[string]string{"en": "There is no flag --nonsense.", "ja": "フラグ --nonsense はありません。", "zh": "没有标志 --nonsense。"}},
		{[]string{"-x"}, map[string]string{"en": "There is no flag -x.", "ja": "フラグ -x はありません。", "zh": "没有标志 -x。"}},
		{[]string{"--org"}, map[string]string{"en": "--org needs a value.", "ja": "--org には値が必要です。", "zh": "--org 需要一个值。"}},
		{[]string{"--limit", "x"}, map[string]string{"en": `"x" is no value for --limit.`, "ja": `"x" は --limit の値として使えません。`, "zh": `"x" 不能作为 --limit 的值。`}},
		{[]string{"--=x"}, map[string]string{"en": "There is no flag --=x.", "ja": "フラグ --=x はありません。", "zh": "没有标志 --=x。"}},
	} {
		for _, language := range languages {
			texts := textsIn(language)
			cmd := texts.audit()
			got := texts.flagError(cmd, cmd.ParseFlags(c.args)).Error()
			if want := c.want[language] + "\n" + texts.of("see_help", "audit"); got != want {
				t.Errorf("%v in %s: got %q, want %q", c.args, language, got, want)
			}
		}
	}
}

func TestHelpNamesTheProgramThatHasTheCommands(t *testing.T) {
	for name, root := range map[string]*cobra.Command{
		"caddy sekisho ": {Use: "caddy"},
		"sekisho ":       {Use: "sekisho"},
	} {
		top := root
		if root.Name() == "caddy" {
			top = textsIn("en").group("sekisho", "sekisho")
			root.AddCommand(top)
		}
		everyCommand("en", func(cmd *cobra.Command) {
			if cmd.HasParent() {
				return
			}
			top.AddCommand(cmd)
			for _, leaf := range cmd.Commands() {
				var text strings.Builder
				textsIn("en").help(leaf, &text)
				for line := range strings.Lines(text.String()) {
					line = strings.TrimSpace(line)
					if strings.Contains(line, "sekisho "+cmd.Name()) && !strings.HasPrefix(line, name+cmd.Name()) {
						t.Errorf("%s says %q", leaf.CommandPath(), line)
					}
				}
			}
		})
	}
}

func TestExamplesBelowCaddyNameCaddy(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Example != "" && !strings.HasPrefix(cmd.Example, "caddy "+cmd.CommandPath()+" ") {
			t.Errorf("%s has %q", cmd.CommandPath(), cmd.Example)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(Parent())
}
