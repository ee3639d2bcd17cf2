package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestAFlagIsNotTakenForTheValueOfAnother(t *testing.T) {
	for language, want := range map[string]string{"en": " needs a value.", "ja": " には値が必要です。", "zh": " 需要一个值。"} {
		for flag, command := range map[string]func(texts) *cobra.Command{
			"--env-file": texts.devtoken, "--app": texts.devtoken, "--networks": texts.devtoken, "--read-attach": texts.dbtoken,
		} {
			var said strings.Builder
			cmd := command(textsIn(language))
			cmd.SetErr(&said)
			cmd.SetOut(io.Discard)
			cmd.SetArgs([]string{"create", "name", flag, "--address"})
			if err := cmd.Execute(); err == nil || strings.TrimSpace(said.String()) != flag+want {
				t.Errorf("%s in %s: said %q, %v", flag, language, said.String(), err)
			}
		}
	}
}
