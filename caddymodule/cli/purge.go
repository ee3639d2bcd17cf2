package cli

import (
	"maps"
	"net/url"
	"slices"

	"github.com/spf13/cobra"
)

const (
	// purgeWord must be typed before all developer tokens are taken back.
	purgeWord = "developer"
	// maxIDs is how many tokens the door takes back by id in one call.
	maxIDs = 64
)

func (t texts) devtokenPurge() *cobra.Command {
	cmd := t.leaf("purge --all", "devtoken_purge", (*call).devtokenPurge)
	cmd.Long = t.of("devtoken_purge_long")
	cmd.Example = "sekisho devtoken purge --all --reason 'the list of tokens has leaked'"
	cmd.Flags().Bool("all", false, t.of("flag_all"))
	cmd.Flags().String("confirm", "", t.of("flag_confirm", purgeWord))
	cmd.Flags().String("reason", "", t.of("flag_reason"))
	return cmd
}

func (c *call) devtokenPurge() error {
	if len(c.args) > 0 {
		return c.misused()
	}
	if all, _ := c.cmd.Flags().GetBool("all"); !all {
		return c.usage("missing", "--all", c.cmd.UseLine(), c.cmd.CommandPath())
	}
	if c.given("confirm") && c.text("confirm") != purgeWord {
		return c.usage("needs_word", purgeWord)
	}
	tokens, err := c.good(developer, url.Values{})
	if err != nil {
		return err
	}
	if len(tokens) == 0 {
		c.say("nothing_selected")
		return c.reportRevoked([]string{})
	}
	c.preview(tokens)
	if err := c.confirmWord(purgeWord, "confirm_purge", len(tokens)); err != nil {
		return err
	}
	ids, err := c.purge(tokens)
	if err != nil {
		c.say("revoked", len(ids))
		return err
	}
	return c.reportRevoked(ids)
}

// purge takes back tokens by who has made them, in one call each, and gives the ids
// of those that are revoked, also when it ends early. An imported token may be
// nobody's, and goes by its id.
func (c *call) purge(tokens []listed) (ids []string, err error) {
	creators := map[string]bool{}
	var nobodys []string
	for _, t := range tokens {
		if t.CreatedBy == "" {
			nobodys = append(nobodys, t.ID)
			continue
		}
		creators[t.CreatedBy] = true
	}
	for _, creator := range slices.Sorted(maps.Keys(creators)) {
		done, err := c.takeBack(developer, url.Values{"created_by": {creator}})
		if err != nil {
			return ids, err
		}
		ids = append(ids, done...)
	}
	for some := range slices.Chunk(nobodys, maxIDs) {
		if err := c.revokeDevelopers(some); err != nil {
			return ids, err
		}
		ids = append(ids, some...)
	}
	return ids, nil
}
