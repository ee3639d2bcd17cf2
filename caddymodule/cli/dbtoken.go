package cli

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/token"
)

func (t texts) dbtoken() *cobra.Command {
	cmd := t.serverFlags(t.group("dbtoken", "dbtoken", t.dbtokenCreate(), t.dbtokenList(), t.dbtokenRevoke(), t.dbtokenRotate()))
	cmd.PersistentFlags().String("org", "", t.of("flag_org"))
	t.complete(cmd, "org", organizations)
	return cmd
}

// presets are lifetimes and access for common uses.
var presets = map[string][2]string{
	"frontend":  {"1h", string(token.ReadOnly)},
	"backend":   {"7d", string(token.FullAccess)},
	"analytics": {"24h", string(token.ReadOnly)},
	"ci":        {"1h", string(token.FullAccess)},
}

// subject is the path of a database, or of a group given as "group/NAME".
func subject(name string) (path string, group bool) {
	if group, ok := strings.CutPrefix(name, "group/"); ok {
		return "/groups/" + url.PathEscape(group), true
	}
	return "/databases/" + url.PathEscape(name), false
}

// platform is the path of something in the organization; without a name the server
// takes the only one.
func (c *call) platform(path string) string {
	if org := c.text("org"); org != "" {
		return "/v1/organizations/" + url.PathEscape(org) + path
	}
	return "/v1" + path
}

func (t texts) dbtokenCreate() *cobra.Command {
	cmd := t.leaf("create <database | group/NAME>", "dbtoken_create", (*call).dbtokenCreate)
	cmd.Flags().String("expiration", "", t.of("flag_expiration"))
	t.authorizationFlag(cmd)
	cmd.Flags().String("preset", "", t.of("flag_preset", presetNames()))
	cmd.Flags().StringSlice("read-attach", nil, t.of("flag_read_attach"))
	cmd.Flags().StringSlice("databases", nil, t.of("flag_databases"))
	t.envFlags(cmd, "TURSO_AUTH_TOKEN")
	cmd.ValidArgsFunction = t.completing(first(subjects))
	t.completeWords(cmd, "expiration", lifetimes...)
	t.completeWords(cmd, "preset", slices.Sorted(maps.Keys(presets))...)
	t.complete(cmd, "databases", databases)
	t.complete(cmd, "read-attach", databases)
	return cmd
}

func presetNames() string { return strings.Join(slices.Sorted(maps.Keys(presets)), ", ") }

func (c *call) dbtokenCreate() error {
	if len(c.args) != 1 {
		return c.misused()
	}
	query, err := c.mintQuery()
	if err != nil {
		return err
	}
	if _, group := subject(c.args[0]); group && !c.given("env-name") {
		_ = c.cmd.Flags().Set("env-name", "TURSO_GROUP_TOKEN")
	}
	file, err := c.envTarget()
	if err != nil {
		return err
	}
	body := map[string]any{}
	if attach := c.list("read-attach"); len(attach) > 0 {
		body["permissions"] = map[string]any{"read_attach": map[string]any{"databases": attach}}
	}
	if c.given("databases") {
		body["databases"] = c.list("databases")
	}
	answer, err := c.about(c.args[0], request{method: http.MethodPost, path: "/auth/tokens", query: query, body: body})
	if err != nil {
		return err
	}
	return c.madeFor(c.args[0], answer, file)
}

// madeFor shows a new token of a database or a group.
func (c *call) madeFor(name string, answer reply, file *envFile) error {
	var made struct {
		JWT           string     `json:"jwt"`
		ID            string     `json:"id"`
		ExpiresAt     *time.Time `json:"expires_at"`
		Authorization string     `json:"authorization"`
		Databases     []string   `json:"databases"`
	}
	if err := answer.into(&made); err != nil {
		return err
	}
	c.say("made", made.ID, c.end(made.ExpiresAt))
	reaches := name
	_, group := subject(name)
	if len(made.Databases) > 0 {
		reaches = strings.Join(made.Databases, ", ")
	} else if group {
		reaches = c.of("whole_group", name)
	}
	c.say("grants", made.Authorization, reaches)
	if made.ExpiresAt == nil {
		c.say("warning_no_end")
	}
	if group && c.given("read-attach") && !c.given("databases") {
		c.say("warning_read_attach")
	}
	return c.reveal(made.ID, made.JWT, "jwt", answer.body, file)
}

// mintQuery reads lifetime and access; what is named goes before a preset.
func (c *call) mintQuery() (url.Values, error) {
	if err := c.checkExpiration("expiration"); err != nil {
		return nil, err
	}
	if err := c.checkAuthorization(); err != nil {
		return nil, err
	}
	preset, known := presets[c.text("preset")]
	if c.given("preset") && !known {
		return nil, c.usage("one_of", "--preset", presetNames())
	}
	query := url.Values{}
	for i, name := range []string{"expiration", "authorization"} {
		if value := c.text(name); value != "" {
			query.Set(name, value)
		} else if known {
			query.Set(name, preset[i])
		}
	}
	return query, nil
}
