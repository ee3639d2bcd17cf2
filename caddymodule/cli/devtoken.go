package cli

import (
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (t texts) devtoken() *cobra.Command {
	return t.group("devtoken", "devtoken",
		t.devtokenCreate(), t.devtokenList(), t.info(developer), t.revokeOpaque(developer), t.rotateOpaque(developer),
		t.devtokenPrune(), t.devtokenImport())
}

func (t texts) devtokenCreate() *cobra.Command {
	cmd := t.leaf("create <note…>", "devtoken_create", (*call).devtokenCreate)
	cmd.Example = "  sekisho devtoken create MyApp API Integration"
	cmd.Flags().String("app", "", t.of("flag_app"))
	cmd.Flags().String("expires", "", t.of("flag_expiration"))
	t.limitFlags(cmd)
	t.envFlags(cmd, developer.envName)
	return cmd
}

// limitFlags narrow what an opaque token may do.
func (t texts) limitFlags(cmd *cobra.Command) {
	cmd.Flags().StringSlice("scopes", nil, t.of("flag_scopes"))
	cmd.Flags().StringSlice("networks", nil, t.of("flag_networks"))
	cmd.Flags().StringSlice("routes", nil, t.of("flag_routes"))
	cmd.Flags().String("authorization", "", t.of("flag_authorization"))
}

func (c *call) devtokenCreate() error {
	note := strings.TrimSpace(strings.Join(c.args, " "))
	if note == "" {
		return c.usage("args", c.cmd.UseLine())
	}
	if err := c.noCredentials(c.args); err != nil {
		return err
	}
	body := map[string]any{"note": note}
	if err := c.limits(body); err != nil {
		return err
	}
	if err := c.checkExpiration("expires"); err != nil {
		return err
	}
	if c.given("expires") {
		body["expiration"] = c.text("expires")
	}
	if app := c.text("app"); app != "" {
		body["app"] = app
	}
	file, err := c.envTarget()
	if err != nil {
		return err
	}
	answer, err := c.call(request{method: http.MethodPost, path: developer.path, body: body})
	if err != nil {
		return err
	}
	return c.made(developer, answer, file)
}

func (t texts) devtokenList() *cobra.Command {
	cmd := t.leaf("list", "devtoken_list", func(c *call) error {
		if len(c.args) > 0 {
			return c.usage("args", c.cmd.UseLine())
		}
		if _, err := c.span("unused"); err != nil {
			return err
		}
		query := url.Values{}
		for _, name := range []string{"app", "unused"} {
			if value := c.text(name); value != "" {
				query.Set(name, value)
			}
		}
		return c.listOpaque(developer, query)
	})
	cmd.Flags().String("app", "", t.of("flag_of_app"))
	cmd.Flags().String("unused", "", t.of("flag_unused"))
	t.listFlags(cmd)
	return cmd
}

func (t texts) listFlags(cmd *cobra.Command) {
	cmd.Flags().String("status", "", t.of("flag_status", strings.Join(statuses, ", ")))
	cmd.Flags().String("sort", "", t.of("flag_sort"))
}

func (t texts) devtokenPrune() *cobra.Command {
	cmd := t.yesFlag(t.leaf("prune --unused <span>", "devtoken_prune", (*call).devtokenPrune))
	cmd.Flags().String("unused", "", t.of("flag_unused"))
	cmd.Flags().String("app", "", t.of("flag_of_app"))
	cmd.Flags().Bool("dry-run", false, t.of("flag_dry_run"))
	return cmd
}

// pruned is the reply to a prune.
type pruned struct {
	IDs []string `json:"ids"`
}

func (c *call) devtokenPrune() error {
	if unused, err := c.span("unused"); err != nil {
		return err
	} else if unused == 0 || len(c.args) > 0 {
		return c.usage("args", c.cmd.UseLine())
	}
	dry, _ := c.cmd.Flags().GetBool("dry-run")
	answer, would, err := c.prune(true)
	if err != nil {
		return err
	}
	if !dry && len(would.IDs) > 0 {
		for _, id := range would.IDs {
			c.say("unused_one", id)
		}
		if err := c.confirm("confirm_revoke", len(would.IDs)); err != nil {
			return err
		}
		if answer, would, err = c.prune(false); err != nil {
			return err
		}
		c.say("revoked", len(would.IDs))
	}
	if c.json {
		return c.printJSON(jsontext.Value(answer.body))
	}
	if len(would.IDs) == 0 {
		c.say("nothing_unused", c.text("unused"))
		return nil
	}
	_, err = c.out.Write([]byte(strings.Join(would.IDs, "\n") + "\n"))
	return err
}

func (c *call) prune(dry bool) (answer reply, list pruned, err error) {
	body := map[string]any{"unused": c.text("unused"), "app": c.text("app"), "dry_run": dry}
	if answer, err = c.call(request{method: http.MethodPost, path: developer.path + "/prune", body: body}); err != nil {
		return answer, list, err
	}
	err = answer.into(&list)
	return answer, list, err
}

func (t texts) devtokenImport() *cobra.Command {
	cmd := t.leaf("import <dev_tokens.json>", "devtoken_import", func(c *call) error {
		query := url.Values{}
		if zone := c.text("source-tz"); zone != "" {
			query.Set("source_tz", zone)
		}
		return c.importFile(developer, query, "application/json")
	})
	cmd.Flags().String("source-tz", "", t.of("flag_source_tz"))
	return cmd
}

// importFile takes over the tokens of another system as its file is.
func (c *call) importFile(f family, query url.Values, kind string) error {
	if len(c.args) != 1 {
		return c.usage("args", c.cmd.UseLine())
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
		return c.printJSON(answer.body)
	}
	return nil
}
