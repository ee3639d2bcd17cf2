package cli

import (
	"net/http"
	"net/url"
	"os"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (t texts) devtokenImport() *cobra.Command {
	cmd := t.leaf("import <dev_tokens.json>", "devtoken_import", func(c *call) error {
		query := url.Values{}
		if zone := c.text("source-tz"); zone != "" {
			query.Set("source_tz", zone)
		}
		return c.importFile(developer, query, "application/json")
	})
	cmd.Flags().String("source-tz", "", t.of("flag_source_tz"))
	cmd.ValidArgsFunction = fileNames("json")
	return cmd
}

// fileNames lets the shell offer files of a kind.
func fileNames(extension string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{extension}, cobra.ShellCompDirectiveFilterFileExt
	}
}

// importFile takes over the tokens of another system as its file is.
func (c *call) importFile(f family, query url.Values, kind string) error {
	if len(c.args) != 1 {
		return c.misused()
	}
	text, err := os.ReadFile(c.args[0])
	if err != nil {
		return c.failed("file_unreadable", err)
	}
	answer, err := c.call(request{method: http.MethodPost, path: f.path + "/import", query: query, raw: text, kind: kind})
	if err != nil {
		return err
	}
	var done struct {
		Active  int `json:"active"`
		Revoked int `json:"revoked"`
		Skipped int `json:"skipped"`
	}
	if err := answer.into(&done); err != nil {
		return err
	}
	c.say("imported", done.Active, done.Revoked, done.Skipped)
	if c.json {
		return c.printJSON(jsontext.Value(answer.body))
	}
	return nil
}

func (t texts) usertokenImport() *cobra.Command {
	cmd := t.leaf("import <tokens.csv>", "usertoken_import", func(c *call) error {
		return c.importFile(user, nil, "text/csv")
	})
	cmd.ValidArgsFunction = fileNames("csv")
	return cmd
}
