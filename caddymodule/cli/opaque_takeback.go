package cli

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (t texts) rotateOpaque(f family) *cobra.Command {
	cmd := t.yesFlag(t.leaf("rotate <id>", "rotate_one", func(c *call) error { return c.rotateOne(f) }))
	cmd.Flags().String("grace", "", t.of("flag_grace"))
	t.envFlags(cmd, f.envName)
	return cmd
}

func (c *call) rotateOne(f family) error {
	if len(c.args) != 1 {
		return c.usage("args", c.cmd.UseLine())
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

func (t texts) revokeOpaque(f family) *cobra.Command {
	cmd := t.yesFlag(t.leaf("revoke <id…> | -", "revoke", func(c *call) error { return c.revoke(f) }))
	cmd.Flags().String("reason", "", t.of("flag_reason"))
	return cmd
}

func (c *call) revoke(f family) error {
	if len(c.args) == 0 {
		return c.usage("args", c.cmd.UseLine())
	}
	if slices.Equal(c.args, []string{"-"}) {
		return c.revokeInHand()
	}
	if err := c.noCredentials(c.args); err != nil {
		return err
	}
	for _, id := range c.args { // all are known, or nothing happens
		o, _, err := c.fetch(f, id)
		if err != nil {
			return err
		}
		c.say("about", o.ID, cmp.Or(o.Note, o.Holder), c.of("status_"+o.Status), c.ago(o.LastUsed))
	}
	if err := c.confirm("confirm_revoke", len(c.args)); err != nil {
		return err
	}
	values, err := c.revokeAll(f)
	if err != nil {
		return err
	}
	c.say("revoked", len(values))
	if c.json {
		return c.printJSON(array(values))
	}
	return nil
}

func (c *call) revokeAll(f family) ([]jsontext.Value, error) {
	reason := c.text("reason")
	if f.command == developer.command {
		answer, err := c.call(request{
			method: http.MethodPost, path: f.path + "/revoke", body: map[string]any{"ids": c.args, "reason": reason},
		})
		if err != nil {
			return nil, err
		}
		var list struct {
			Tokens []jsontext.Value `json:"tokens"`
		}
		err = answer.into(&list)
		return list.Tokens, err
	}
	query := url.Values{}
	if reason != "" {
		query.Set("reason", reason)
	}
	var values []jsontext.Value
	for _, id := range c.args {
		answer, err := c.call(request{method: http.MethodDelete, path: f.one(id), query: query})
		if err != nil {
			return values, err
		}
		values = append(values, answer.body)
	}
	return values, nil
}
