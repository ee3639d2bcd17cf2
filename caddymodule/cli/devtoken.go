package cli

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/token"
)

func (t texts) devtoken() *cobra.Command {
	return t.serverFlags(t.group("devtoken", "devtoken",
		t.devtokenCreate(), t.devtokenList(), t.info(developer), t.revokeOpaque(developer), t.rotateOpaque(developer),
		t.devtokenPrune(), t.devtokenPurge(), t.devtokenImport()))
}

func (t texts) devtokenCreate() *cobra.Command {
	cmd := t.leaf("create <note…>", "devtoken_create", (*call).devtokenCreate)
	cmd.Example = "sekisho devtoken create MyApp API Integration"
	cmd.Flags().String("app", "", t.of("flag_app"))
	cmd.Flags().String("expires", "", t.of("flag_expiration"))
	t.limitFlags(cmd)
	t.envFlags(cmd, developer.envName)
	t.complete(cmd, "app", apps)
	t.completeWords(cmd, "expires", lifetimes...)
	return cmd
}

// limitFlags narrow what an opaque token may do.
func (t texts) limitFlags(cmd *cobra.Command) {
	cmd.Flags().StringSlice("scopes", nil, t.of("flag_scopes"))
	cmd.Flags().StringSlice("networks", nil, t.of("flag_networks"))
	cmd.Flags().StringSlice("routes", nil, t.of("flag_routes"))
	t.authorizationFlag(cmd)
}

func (t texts) authorizationFlag(cmd *cobra.Command) {
	cmd.Flags().String("authorization", "", t.of("flag_authorization"))
	t.completeWords(cmd, "authorization", string(token.ReadOnly), string(token.FullAccess))
}

// lifetimes are what a shell offers for an expiration.
var lifetimes = []string{"1h", "24h", "7d", "30d", "90d", "365d", "never"}

func (c *call) devtokenCreate() error {
	note := strings.TrimSpace(strings.Join(c.args, " "))
	if note == "" {
		return c.misused()
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
			return c.misused()
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
	t.complete(cmd, "app", apps)
	t.completeWords(cmd, "unused", "30d", "90d", "180d")
	return cmd
}

func (t texts) listFlags(cmd *cobra.Command) {
	cmd.Flags().String("status", "", t.of("flag_status", strings.Join(statuses, ", ")))
	cmd.Flags().String("sort", "", t.of("flag_sort"))
	t.completeWords(cmd, "status", statuses...)
	t.completeWords(cmd, "sort", orders...)
}
