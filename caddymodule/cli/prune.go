package cli

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (t texts) devtokenPrune() *cobra.Command {
	cmd := t.yesFlag(t.leaf("prune --unused <span>", "devtoken_prune", (*call).devtokenPrune))
	cmd.Example = "sekisho devtoken prune --unused 90d --dry-run"
	cmd.Flags().String("unused", "", t.of("flag_unused"))
	cmd.Flags().String("app", "", t.of("flag_of_app"))
	cmd.Flags().Bool("dry-run", false, t.of("flag_dry_run"))
	t.complete(cmd, "app", apps)
	t.completeWords(cmd, "unused", "30d", "90d", "180d")
	return cmd
}

func (c *call) devtokenPrune() error {
	if len(c.args) > 0 {
		return c.misused()
	}
	if err := c.need("unused"); err != nil {
		return err
	}
	if unused, err := c.span("unused"); err != nil {
		return err
	} else if unused == 0 {
		return c.usage("span", "--unused", c.text("unused"))
	}
	answer, ids, err := c.prune(true)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		if err := c.previewUnused(ids); err != nil {
			return err
		}
	} else {
		c.say("nothing_unused", c.text("unused"))
	}
	if dry, _ := c.cmd.Flags().GetBool("dry-run"); !dry && len(ids) > 0 {
		if err := c.confirm("confirm_revoke", len(ids)); err != nil {
			return err
		}
		if answer, ids, err = c.prune(false); err != nil {
			return err
		}
		c.say("revoked", len(ids))
	}
	if c.json {
		return c.printJSON(answer)
	}
	if len(ids) == 0 {
		return nil
	}
	return c.print(strings.Join(ids, "\n") + "\n")
}

// prune takes back what was not used, or only says what that would be.
func (c *call) prune(dry bool) (answer jsontext.Value, ids []string, err error) {
	body := map[string]any{"unused": c.text("unused"), "dry_run": dry}
	if c.given("app") { // an empty one is refused: it must not mean every application
		body["app"] = c.text("app")
	}
	reply, err := c.call(request{method: http.MethodPost, path: developer.path + "/prune", body: body})
	if err != nil {
		return nil, nil, err
	}
	var list struct {
		IDs []string `json:"ids"`
	}
	err = reply.into(&list)
	return reply.body, list.IDs, err
}

// previewUnused shows what the ids mean.
func (c *call) previewUnused(ids []string) error {
	query := url.Values{"unused": {c.text("unused")}}
	if app := c.text("app"); app != "" {
		query.Set("app", app)
	}
	tokens, err := c.pages(developer, query)
	if err != nil {
		return err
	}
	c.preview(slices.DeleteFunc(tokens, func(t listed) bool { return !slices.Contains(ids, t.ID) }))
	return nil
}
