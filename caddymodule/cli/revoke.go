package cli

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"
)

// maxPreview is how many tokens are named before a question.
const maxPreview = 20

func (t texts) revokeOpaque(f family) *cobra.Command {
	use := "revoke <id…> | -"
	for _, s := range f.selections {
		use += " | --" + s.flag + " <" + s.flag + ">"
	}
	cmd := t.yesFlag(t.leaf(use, "revoke", func(c *call) error { return c.revoke(f) }))
	cmd.Flags().String("reason", "", t.of("flag_reason"))
	offers := map[string]func(*call) ([]string, error){"app": apps, "creator": creators, "user": held(true)}
	for _, s := range f.selections {
		cmd.Flags().String(s.flag, "", t.of(s.text))
		t.complete(cmd, s.flag, offers[s.flag])
	}
	cmd.ValidArgsFunction = t.completing(f.ids)
	return cmd
}

// revoked is what revocations print as JSON.
type revoked struct {
	Revoked int      `json:"revoked"`
	IDs     []string `json:"ids"`
}

// reportRevoked says what was taken back.
func (c *call) reportRevoked(ids []string) error {
	if len(ids) > 0 {
		c.say("revoked", len(ids))
	}
	if c.json {
		return c.printJSON(revoked{len(ids), ids})
	}
	return nil
}

func (c *call) revoke(f family) error {
	query, err := c.selected(f)
	switch {
	case err != nil:
		return err
	case len(query) > 0:
		return c.revokeSelected(f, query)
	case len(c.args) == 0:
		return c.misused()
	case slices.Equal(c.args, []string{"-"}):
		return c.revokeInHand()
	}
	if err := c.noCredentials(c.args); err != nil {
		return err
	}
	var tokens []listed
	for _, id := range c.args { // all are known, or nothing happens
		o, _, err := c.fetch(f, id)
		if err != nil {
			return err
		}
		tokens = append(tokens, listed{opaque: o})
	}
	c.preview(tokens)
	if err := c.confirm("confirm_revoke", len(c.args)); err != nil {
		return err
	}
	if f.command != developer.command {
		return c.revokeEach(func(id string, query url.Values) error {
			_, err := c.call(request{method: http.MethodDelete, path: f.one(id), query: query})
			return err
		})
	}
	if err := c.revokeDevelopers(c.args); err != nil {
		return err
	}
	return c.reportRevoked(c.args)
}

// preview names tokens to people before something is done with them.
func (c *call) preview(tokens []listed) {
	for _, t := range tokens[:min(len(tokens), maxPreview)] {
		c.say("about", t.ID, cmp.Or(t.Note, t.Holder), c.of("status_"+t.Status), c.ago(t.LastUsed))
	}
	if more := len(tokens) - maxPreview; more > 0 {
		c.say("and_more", more)
	}
}

// revokeEach takes back the tokens of the arguments in turn. When that fails on the way,
// it says which are taken back: those that stand first.
func (c *call) revokeEach(revoke func(id string, query url.Values) error) error {
	query := url.Values{}
	if reason := c.text("reason"); reason != "" {
		query.Set("reason", reason)
	}
	for n, id := range c.args {
		if err := revoke(id, query); err != nil {
			if n > 0 {
				_ = c.reportRevoked(c.args[:n])
			}
			return err
		}
	}
	return c.reportRevoked(c.args)
}

// revokeDevelopers takes back developer tokens by id, all or none.
func (c *call) revokeDevelopers(ids []string) error {
	_, err := c.call(request{
		method: http.MethodPost, path: developer.path + "/revoke", body: map[string]any{"ids": ids, "reason": c.text("reason")},
	})
	return err
}
