package cli

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (t texts) keys() *cobra.Command {
	return t.serverFlags(t.group("keys", "keys", t.keysList(), t.keysRotate(), t.keysExport()))
}

// adminCall asks Caddy's admin endpoint: keys are not for distant hands.
func (c *call) adminCall(r request) (reply, error) {
	if c.client.admin == "" {
		return reply{}, c.usage("keys_are_local")
	}
	answer, err := c.client.call(c.cmd.Context(), c.client.admin, r)
	return answer, c.unreached(err)
}

// signingKey is a key as the admin endpoint shows it.
type signingKey struct {
	ID         string    `json:"id"`
	State      string    `json:"state"`
	CreatedAt  time.Time `json:"created_at"`
	ActiveFrom time.Time `json:"active_from"`
	Horizon    time.Time `json:"horizon"`
	Never      bool      `json:"never"`
}

func (t texts) keysList() *cobra.Command {
	return t.leaf("list", "keys_list", func(c *call) error {
		if len(c.args) > 0 {
			return c.misused()
		}
		answer, err := c.adminCall(request{method: http.MethodGet, path: "/sekisho/keys"})
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(jsontext.Value(answer.body))
		}
		var list struct {
			Signing  []signingKey `json:"signing"`
			Upstream []signingKey `json:"upstream"`
		}
		if err := answer.into(&list); err != nil {
			return err
		}
		t := c.newTable("label_for", "label_id", "label_state", "label_created", "label_signs_from", "label_needed_until")
		for _, k := range list.Signing {
			t.rows = append(t.rows, c.keyRow("for_clients", k))
		}
		for _, k := range list.Upstream {
			t.rows = append(t.rows, c.keyRow("for_upstream", k))
		}
		return c.print(t.text(c.screen))
	})
}

func (c *call) keyRow(job string, k signingKey) []string {
	until := shown(&k.Horizon)
	if k.Never {
		until = c.of("no_end")
	}
	return []string{c.of(job), k.ID, c.of("state_" + k.State), shown(&k.CreatedAt), shown(&k.ActiveFrom), until}
}

// keysRotateRequest is the body that the admin endpoint reads.
type keysRotateRequest struct {
	Upstream bool `json:"upstream"`
	Now      bool `json:"now"`
	DropOld  bool `json:"drop_old"`
}

func (t texts) keysRotate() *cobra.Command {
	var body keysRotateRequest
	cmd := t.yesFlag(t.leaf("rotate", "keys_rotate", func(c *call) error {
		if len(c.args) > 0 {
			return c.misused()
		}
		if body.DropOld {
			if err := c.confirm("confirm_drop_old"); err != nil {
				return err
			}
		}
		answer, err := c.adminCall(request{method: http.MethodPost, path: "/sekisho/keys/rotate", body: body})
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(jsontext.Value(answer.body))
		}
		var key signingKey
		if err := answer.into(&key); err != nil {
			return err
		}
		made := "key_made"
		if body.Upstream {
			made = "key_made_upstream"
		}
		c.say(made, shown(&key.ActiveFrom))
		return c.print(key.ID + "\n")
	}))
	cmd.Flags().BoolVar(&body.Upstream, "upstream", false, t.of("flag_upstream"))
	cmd.Flags().BoolVar(&body.Now, "now", false, t.of("flag_now"))
	cmd.Flags().BoolVar(&body.DropOld, "drop-old", false, t.of("flag_drop_old"))
	return cmd
}

func (t texts) keysExport() *cobra.Command {
	var upstream bool
	cmd := t.leaf("export", "keys_export", func(c *call) error {
		if len(c.args) > 0 {
			return c.misused()
		}
		query := url.Values{}
		if upstream {
			query.Set("ring", "upstream")
		}
		answer, err := c.adminCall(request{method: http.MethodGet, path: "/sekisho/keys/export", query: query})
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]string{"pem": string(answer.body)})
		}
		return c.print(string(answer.body))
	})
	cmd.Flags().BoolVar(&upstream, "upstream", false, t.of("flag_export_upstream"))
	return cmd
}
