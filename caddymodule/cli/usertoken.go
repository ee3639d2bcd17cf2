package cli

import (
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

// maxMinutes is the longest life of a user token: a year.
const maxMinutes = 525600

func (t texts) usertoken() *cobra.Command {
	return t.serverFlags(t.group("usertoken", "usertoken",
		t.usertokenCreate(), t.usertokenList(), t.info(user), t.revokeOpaque(user), t.rotateOpaque(user), t.usertokenImport()))
}

func (t texts) usertokenCreate() *cobra.Command {
	cmd := t.leaf("create --user <id> --scopes <list> --minutes <n>", "usertoken_create", (*call).usertokenCreate)
	cmd.Flags().String("user", "", t.of("flag_user"))
	cmd.Flags().Int("minutes", 0, t.of("flag_minutes", maxMinutes))
	cmd.Flags().String("note", "", t.of("flag_note"))
	t.limitFlags(cmd)
	t.envFlags(cmd, user.envName)
	t.complete(cmd, "user", held(true))
	return cmd
}

func (c *call) usertokenCreate() error {
	minutes, _ := c.cmd.Flags().GetInt("minutes")
	if len(c.args) > 0 {
		return c.misused()
	}
	if err := c.need("user", "scopes", "minutes"); err != nil {
		return err
	}
	if minutes < 1 || minutes > maxMinutes {
		return c.usage("minutes", maxMinutes)
	}
	body := map[string]any{"userId": c.text("user"), "expiresInMinutes": minutes}
	if note := c.text("note"); note != "" {
		body["note"] = note
	}
	if err := c.limits(body); err != nil {
		return err
	}
	file, err := c.envTarget()
	if err != nil {
		return err
	}
	answer, err := c.call(request{method: http.MethodPost, path: user.path, body: body})
	if err != nil {
		return err
	}
	return c.made(user, answer, file)
}

func (t texts) usertokenList() *cobra.Command {
	cmd := t.leaf("list --user <id>", "usertoken_list", func(c *call) error {
		if len(c.args) > 0 {
			return c.misused()
		}
		if err := c.need("user"); err != nil {
			return err
		}
		return c.listOpaque(user, url.Values{"userId": {c.text("user")}})
	})
	cmd.Flags().String("user", "", t.of("flag_user"))
	t.listFlags(cmd)
	t.complete(cmd, "user", held(true))
	return cmd
}
