package cli

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func (t texts) dbtokenRevoke() *cobra.Command {
	cmd := t.yesFlag(t.leaf("revoke <id…> | -", "revoke", (*call).dbtokenRevoke))
	cmd.Flags().String("reason", "", t.of("flag_reason"))
	cmd.Flags().String("of", "", t.of("flag_of"))
	t.complete(cmd, "of", subjects)
	cmd.ValidArgsFunction = t.completing(dbTokenIDs)
	return cmd
}

func (c *call) dbtokenRevoke() error {
	if len(c.args) == 0 {
		return c.misused()
	}
	if slices.Equal(c.args, []string{"-"}) {
		return c.revokeInHand()
	}
	if err := c.noCredentials(c.args); err != nil {
		return err
	}
	owners, err := c.owners()
	if err != nil {
		return err
	}
	if err := c.confirm("confirm_revoke", len(c.args)); err != nil {
		return err
	}
	return c.revokeEach(func(id string, query url.Values) error {
		_, err := c.about(owners[id], request{method: http.MethodDelete, path: "/auth/tokens/" + url.PathEscape(id), query: query})
		return err
	})
}

// owners finds the database or group of every id among the arguments, and fails
// before anything is changed when one is unknown.
func (c *call) owners() (map[string]string, error) {
	names := []string{c.text("of")}
	if names[0] == "" {
		var err error
		if names, err = c.subjects(""); err != nil {
			return nil, err
		}
	}
	found := map[string]string{}
	for _, name := range names {
		tokens, err := c.tokensOf(name)
		if err != nil {
			return nil, err
		}
		for _, t := range tokens {
			if slices.Contains(c.args, t.ID) && found[t.ID] == "" {
				found[t.ID] = name
				c.say("about_database", t.ID, name, c.of("status_"+t.Status), shown(t.CreatedAt))
			}
		}
	}
	for _, id := range c.args {
		if found[id] == "" {
			return nil, c.failed("no_such_token", id, c.cmd.Parent().CommandPath())
		}
	}
	return found, nil
}

func (t texts) dbtokenRotate() *cobra.Command {
	cmd := t.yesFlag(t.leaf("rotate <database | group/NAME>", "dbtoken_rotate", (*call).dbtokenRotate))
	cmd.Flags().StringSlice("keep", nil, t.of("flag_keep"))
	t.graceFlag(cmd)
	t.complete(cmd, "keep", dbTokenIDs)
	cmd.ValidArgsFunction = t.completing(first(subjects))
	return cmd
}

// rotated is what a rotation prints as JSON.
type rotated struct {
	Rotated string `json:"rotated"`
	Ending  int    `json:"ending"`
}

func (c *call) dbtokenRotate() error {
	if len(c.args) != 1 {
		return c.misused()
	}
	keep, ending := c.list("keep"), 0
	if err := c.noCredentials(slices.Concat(c.args, keep)); err != nil {
		return err
	}
	if _, err := c.span("grace"); err != nil {
		return err
	}
	names, err := c.subjects(c.args[0])
	if err != nil {
		return err
	}
	for _, name := range names {
		tokens, err := c.tokensOf(name)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if t.good() && !slices.Contains(keep, t.ID) {
				ending++
			}
		}
	}
	if err := c.confirm("confirm_rotate", c.args[0], ending, len(keep), c.whenOver()); err != nil {
		return err
	}
	query := c.graceQuery()
	if len(keep) > 0 {
		query.Set("keep", strings.Join(keep, ","))
	}
	if _, err := c.about(c.args[0], request{method: http.MethodPost, path: "/auth/rotate", query: query}); err != nil {
		return err
	}
	c.say("rotated", c.args[0], ending, c.whenOver())
	if c.json {
		return c.printJSON(rotated{c.args[0], ending})
	}
	return nil
}
