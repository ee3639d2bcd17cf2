package cli

import (
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/token"
)

func (t texts) verify() *cobra.Command {
	cmd := t.leaf("verify < token", "verify", (*call).verify)
	t.serverFlags(cmd)
	cmd.Flags().String("org", "", t.of("flag_org"))
	cmd.Flags().String("database", "", t.of("flag_for_database"))
	cmd.Flags().String("scope", "", t.of("flag_for_scope"))
	cmd.Flags().Bool("write", false, t.of("flag_for_write"))
	t.complete(cmd, "org", organizations)
	t.complete(cmd, "database", databases)
	return cmd
}

func (c *call) verify() error {
	if err := c.noCredentials(c.args); err != nil {
		return err
	}
	if len(c.args) > 0 {
		return c.misused()
	}
	credential, err := c.readCredential()
	if err != nil {
		return err
	}
	answer, err := c.inHand("/oauth/introspect", credential)
	if err != nil {
		return err
	}
	var known introspected
	if err := json.Unmarshal(answer.body, &known); err != nil {
		return err
	}
	v, err := c.judge(credential, known)
	if err != nil {
		return err
	}
	if v.Reason == "" {
		v.Reason = c.unfit(v)
	}
	v.Accepted = v.Reason == ""
	return c.pronounce(v)
}

// introspected is what the door for introspection says of a token (RFC 7662).
type introspected struct {
	Active bool         `json:"active"`
	ID     string       `json:"jti"`
	Family token.Family `json:"family"`
}

// judge says what the token is, and why it is not good if so.
func (c *call) judge(credential string, known introspected) (verdict, error) {
	if id, ok := token.ParseOpaque(credential); ok {
		return c.judgeOpaque(id, known)
	}
	if jwt, err := token.ParseJWT(credential); err == nil {
		if grant, err := jwt.Grant(); err == nil {
			return c.judgeJWT(grant, known.Active)
		}
	}
	if known.Active { // imported: its form tells nothing
		return c.judgeOpaque(known.ID, known)
	}
	return verdict{Reason: "foreign"}, nil
}

func (c *call) judgeOpaque(id string, known introspected) (verdict, error) {
	for _, f := range doorsFor(id, known.Family) {
		o, _, err := c.fetch(f, id)
		if isRefusal(err, http.StatusNotFound) {
			continue
		}
		if err != nil {
			return verdict{}, err
		}
		v := verdict{
			ID: o.ID, Family: token.Developer, Authorization: token.Access(o.Authorization),
			Scopes: o.Scopes, Networks: o.Networks, Routes: o.Routes, Holder: o.Holder, ExpiresAt: o.ExpiresAt,
		}
		if f.command == user.command {
			v.Family = token.User
		}
		v.Reason = whyInactive(known.Active, o.Status)
		return v, nil
	}
	return verdict{ID: id, Reason: "unknown"}, nil
}

// doorsFor puts first the door at which a token will be found: the other one would
// record that somebody asked for what is not there.
func doorsFor(id string, known token.Family) []family {
	if known == token.User || known == "" && token.OpaquePrefix(id) == token.DefaultUserPrefix {
		return []family{user, developer}
	}
	return []family{developer, user}
}

func (c *call) judgeJWT(g *token.Grant, active bool) (verdict, error) {
	v := verdict{
		ID: g.ID, Family: g.Family, Organization: g.Organization, Database: g.Database, Group: g.Group,
		Databases: g.Databases, ReadAttach: g.ReadAttach, Authorization: g.Access,
	}
	if !g.ExpiresAt.IsZero() {
		v.ExpiresAt = &g.ExpiresAt
	}
	if active {
		return v, nil
	}
	name := g.Database
	if g.Family == token.Group {
		name = "group/" + g.Group
	}
	_ = c.cmd.Flags().Set("org", g.Organization)
	tokens, err := c.tokensOf(name)
	if isRefusal(err, http.StatusNotFound) {
		v.Reason = "unknown"
		return v, nil
	}
	if err != nil {
		return verdict{}, err
	}
	v.Reason = "unknown"
	if at := slices.IndexFunc(tokens, func(t dbToken) bool { return t.ID == g.ID }); at >= 0 {
		v.Reason = whyInactive(active, tokens[at].Status)
	}
	return v, nil
}

// whyInactive is the status of a token that is not good. One whose record is good
// was not proved: signature or secret are not those of the token.
func whyInactive(active bool, status string) string {
	switch {
	case active:
		return ""
	case status == "active" || status == "rotating":
		return "forged"
	}
	return status
}

// unfit says why a good token would be refused for what the flags ask.
func (c *call) unfit(v verdict) string {
	if database := c.text("database"); database != "" && !c.reaches(v, database) {
		return "wrong_database"
	}
	if scope := c.text("scope"); scope != "" && v.Scopes != nil && !slices.Contains(v.Scopes, scope) {
		return "missing_scope"
	}
	if write, _ := c.cmd.Flags().GetBool("write"); write && v.Authorization == token.ReadOnly {
		return "read_only"
	}
	return ""
}

func (c *call) reaches(v verdict, database string) bool {
	if org := c.text("org"); org != "" && org != v.Organization {
		return false
	}
	if v.Family != token.Group {
		return v.Database == database
	}
	if len(v.Databases) > 0 {
		return slices.Contains(v.Databases, database)
	}
	_ = c.cmd.Flags().Set("org", v.Organization)
	names, err := c.subjects("group/" + v.Group)
	return err == nil && slices.Contains(names, database)
}
