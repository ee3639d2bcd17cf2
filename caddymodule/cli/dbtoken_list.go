package cli

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// dbToken is a token in the list of a database or group.
type dbToken struct {
	ID            string     `json:"id"`
	Status        string     `json:"status"`
	Authorization string     `json:"authorization"`
	CreatedAt     *time.Time `json:"created_at"`
	CreatedBy     string     `json:"created_by"`
	ExpiresAt     *time.Time `json:"expires_at"`
	GraceUntil    *time.Time `json:"grace_until"`

	subject string // "my-db" or "group/production"
	value   jsontext.Value
}

// good reports whether the token would be accepted.
func (t dbToken) good() bool { return t.Status == "active" || t.Status == "rotating" }

// tokensOf reads the whole list of a database or group.
func (c *call) tokensOf(name string) (tokens []dbToken, err error) {
	query := url.Values{"limit": {"1000"}}
	for {
		answer, err := c.about(name, request{method: http.MethodGet, path: "/auth/tokens", query: query})
		if err != nil {
			return nil, err
		}
		var list struct {
			Tokens []jsontext.Value `json:"tokens"`
			Next   string           `json:"next"`
		}
		if err := answer.into(&list); err != nil {
			return nil, err
		}
		for _, value := range list.Tokens {
			t := dbToken{subject: name, value: value}
			if err := (reply{body: value}).into(&t); err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
		}
		if list.Next == "" {
			return tokens, nil
		}
		query.Set("cursor", list.Next)
	}
}

// subjects lists every group and database, or those that a rotation of name
// reaches: a group, and each database in it.
func (c *call) subjects(name string) ([]string, error) {
	var groups struct {
		Groups []struct {
			Name string `json:"name"`
		} `json:"groups"`
	}
	var databases struct {
		Databases []struct {
			Name  string `json:"Name"`
			Group string `json:"group"`
		} `json:"databases"`
	}
	group, isGroup := strings.CutPrefix(name, "group/")
	if name != "" && !isGroup {
		return []string{name}, nil
	}
	for path, into := range map[string]any{"/groups": &groups, "/databases": &databases} {
		answer, err := c.call(request{method: http.MethodGet, path: c.platform(path)})
		if err == nil {
			err = answer.into(into)
		}
		if err != nil {
			return nil, err
		}
	}
	var names []string
	for _, g := range groups.Groups {
		if !isGroup || g.Name == group {
			names = append(names, "group/"+g.Name)
		}
	}
	for _, d := range databases.Databases {
		if !isGroup || d.Group == group {
			names = append(names, d.Name)
		}
	}
	return names, nil
}

func (t texts) dbtokenList() *cobra.Command {
	cmd := t.leaf("list [database | group/NAME]", "dbtoken_list", (*call).dbtokenList)
	cmd.ValidArgsFunction = t.completing(first(subjects))
	return cmd
}

func (c *call) dbtokenList() error {
	names := c.args
	if len(names) > 1 {
		return c.misused()
	}
	if len(names) == 0 {
		var err error
		if names, err = c.subjects(""); err != nil {
			return err
		}
	}
	values := []jsontext.Value{}
	list := c.newTable("label_subject", "label_id", "label_status", "label_authorization", "label_created", "label_expires")
	list.badge = 2
	for _, name := range names {
		tokens, err := c.tokensOf(name)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			values = append(values, t.value)
			list.rows = append(list.rows, []string{
				t.subject, t.ID, c.of("status_" + t.Status), t.Authorization, shown(t.CreatedAt), shown(ends(t.ExpiresAt, t.GraceUntil)),
			})
		}
	}
	switch {
	case c.json:
		return c.printJSON(values)
	case len(values) == 0:
		c.say("none_dbtoken", c.cmd.Parent().CommandPath())
		return nil
	}
	return c.print(list.text(c.screen))
}
