package cli

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"
)

// maxPreview is how many tokens are named before a question.
const maxPreview = 20

// selection is a flag that stands for all tokens of something, and the parameter
// of the door for it.
type selection struct{ flag, parameter, text string }

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
	if err := c.revokeAll(f); err != nil {
		return err
	}
	return c.reportRevoked(c.args)
}

// selected reads the flags that stand for all tokens of something.
func (c *call) selected(f family) (url.Values, error) {
	query := url.Values{}
	for _, s := range f.selections {
		if !c.given(s.flag) {
			continue
		}
		if c.text(s.flag) == "" || len(c.args) > 0 {
			return nil, c.misused()
		}
		query.Set(s.parameter, c.text(s.flag))
	}
	return query, nil
}

// revokeSelected takes back all tokens of something in one call.
func (c *call) revokeSelected(f family, query url.Values) error {
	tokens, err := c.pages(f, maps.Clone(query))
	if err != nil {
		return err
	}
	tokens = slices.DeleteFunc(tokens, func(t listed) bool { return t.Status != "active" && t.Status != "rotating" })
	if len(tokens) == 0 {
		c.say("nothing_selected")
		return c.reportRevoked([]string{})
	}
	c.preview(tokens)
	if err := c.confirm("confirm_revoke", len(tokens)); err != nil {
		return err
	}
	if reason := c.text("reason"); reason != "" {
		query.Set("reason", reason)
	}
	answer, err := c.call(request{method: http.MethodDelete, path: f.path, query: query})
	if err != nil {
		return err
	}
	var done revoked
	if err := answer.into(&done); err != nil {
		return err
	}
	return c.reportRevoked(done.IDs)
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

// revokeAll takes back the tokens of the arguments.
func (c *call) revokeAll(f family) error {
	reason := c.text("reason")
	if f.command == developer.command {
		_, err := c.call(request{method: http.MethodPost, path: f.path + "/revoke", body: map[string]any{"ids": c.args, "reason": reason}})
		return err
	}
	query := url.Values{}
	if reason != "" {
		query.Set("reason", reason)
	}
	for _, id := range c.args {
		if _, err := c.call(request{method: http.MethodDelete, path: f.one(id), query: query}); err != nil {
			return err
		}
	}
	return nil
}
