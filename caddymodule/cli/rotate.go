package cli

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

func (t texts) rotateOpaque(f family) *cobra.Command {
	cmd := t.yesFlag(t.leaf("rotate <id>", "rotate_one", func(c *call) error { return c.rotateOne(f) }))
	t.graceFlag(cmd)
	t.envFlags(cmd, f.envName)
	cmd.ValidArgsFunction = t.completing(first(f.ids))
	return cmd
}

func (t texts) graceFlag(cmd *cobra.Command) {
	cmd.Flags().String("grace", "", t.of("flag_grace"))
	t.completeWords(cmd, "grace", "0", "1m", "15m", "1h", "6h", "24h")
}

func (c *call) rotateOne(f family) error {
	if len(c.args) != 1 {
		return c.misused()
	}
	if err := c.noCredentials(c.args); err != nil {
		return err
	}
	if _, err := c.span("grace"); err != nil {
		return err
	}
	file, err := c.envTarget()
	if err != nil {
		return err
	}
	old, _, err := c.fetch(f, c.args[0])
	if err != nil {
		return err
	}
	if err := c.confirm("confirm_rotate_one", old.ID, cmp.Or(old.Note, old.Holder), c.ago(old.LastUsed), c.whenOver()); err != nil {
		return err
	}
	answer, err := c.call(request{method: http.MethodPost, path: f.one(old.ID) + "/rotate", query: c.graceQuery()})
	if err != nil {
		return err
	}
	return c.made(f, answer, file)
}

func (c *call) graceQuery() url.Values {
	query := url.Values{}
	if grace := c.text("grace"); grace != "" && grace != "0" {
		query.Set("grace", grace)
	}
	return query
}

// whenOver says when the old token ends.
func (c *call) whenOver() string {
	if query := c.graceQuery(); query.Has("grace") {
		return c.of("ends_after", query.Get("grace"))
	}
	return c.of("ends_now")
}
