package cli

import (
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// verdict is what became of a token in hand. Reason is empty when it is accepted.
type verdict struct {
	Accepted      bool         `json:"accepted"`
	Reason        string       `json:"reason,omitzero"`
	ID            string       `json:"id,omitzero"`
	Family        token.Family `json:"family,omitzero"`
	Organization  string       `json:"organization,omitzero"`
	Database      string       `json:"database,omitzero"`
	Group         string       `json:"group,omitzero"`
	Databases     []string     `json:"databases,omitempty"`
	ReadAttach    []string     `json:"read_attach,omitempty"`
	Authorization token.Access `json:"authorization,omitzero"`
	Scopes        []string     `json:"scopes,omitempty"`
	Networks      []string     `json:"networks,omitempty"`
	Routes        []string     `json:"routes,omitempty"`
	Holder        string       `json:"holder,omitzero"`
	ExpiresAt     *time.Time   `json:"expires_at"`
}

// limits names what bounds the use of the token, each by a key of the texts.
func (v verdict) limits() (keys []string) {
	for _, limit := range []struct {
		key  string
		list []string
	}{{"limit_databases", v.Databases}, {"limit_scopes", v.Scopes}, {"limit_networks", v.Networks}, {"limit_routes", v.Routes}} {
		if len(limit.list) > 0 {
			keys = append(keys, limit.key)
		}
	}
	return keys
}

// pronounce prints the verdict; one that is not accepted is an error too.
func (c *call) pronounce(v verdict) error {
	if c.json {
		if err := c.printJSON(v); err != nil {
			return err
		}
	} else if v.ID != "" {
		if err := c.showVerdict(v); err != nil {
			return err
		}
	}
	if !v.Accepted {
		return c.failed("refused", c.of("reason_"+v.Reason))
	}
	limits := v.limits()
	if len(limits) == 0 {
		c.say("accepted")
		return nil
	}
	for i, key := range limits {
		limits[i] = c.of(key)
	}
	c.say("accepted_within", strings.Join(limits, ", "))
	return nil
}

func (c *call) showVerdict(v verdict) error {
	return c.lines([][2]string{
		{"label_id", v.ID},
		{"label_family", string(v.Family)},
		{"label_organization", v.Organization},
		{"label_database", v.Database},
		{"label_group", v.Group},
		{"label_databases", strings.Join(v.Databases, " ")},
		{"label_read_attach", strings.Join(v.ReadAttach, " ")},
		{"label_authorization", string(v.Authorization)},
		{"label_scopes", strings.Join(v.Scopes, " ")},
		{"label_networks", strings.Join(v.Networks, " ")},
		{"label_routes", strings.Join(v.Routes, ", ")},
		{"label_holder", v.Holder},
		{"label_expires", c.end(v.ExpiresAt)},
	})
}
