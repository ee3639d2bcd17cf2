package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// maxNamed is how many names a refusal tells.
const maxNamed = 8

// about asks a door about a database or a group, given as in an argument; the path
// is the rest behind its name. A name that is wrong is answered with those there are.
func (c *call) about(name string, r request) (reply, error) {
	path, group := subject(name)
	r.path = c.platform(path + r.path)
	answer, err := c.call(r)
	refused, ok := errors.AsType[*refusedError](err)
	if !ok || refused.Code != string(refusal.DatabaseNotFound) && refused.Code != string(refusal.GroupNotFound) {
		return answer, err
	}
	kind := "no_database_"
	if group {
		kind = "no_group_"
	}
	refused.Message = c.of(kind+c.sight(), strings.TrimPrefix(name, "group/"))
	known, err := c.subjects("")
	switch {
	case err != nil:
	case !group && slices.Contains(known, "group/"+name):
		refused.hint = c.of("is_a_group", name, name)
	case len(known) > 0:
		refused.hint = c.thereAre(known)
	}
	return answer, refused
}

// sight says how much the server shows: to an admin key only what that may see.
func (c *call) sight() string {
	if c.client.admin != "" {
		return "here"
	}
	return "seen"
}

func (c *call) thereAre(names []string) string {
	text := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if more := len(names) - maxNamed; more > 0 {
		text += ", " + c.of("and_more", more)
	}
	return c.of("there_are", text)
}

// nameOrganizations says which organization is missing, and which there are.
func (c *call) nameOrganizations(refused *refusedError) {
	names, err := c.organizations()
	org := c.text("org")
	switch {
	case err != nil:
	case len(names) == 0:
		refused.Message = c.of("no_organizations_" + c.sight())
	case org == "":
		refused.Message, refused.hint = c.of("name_organization"), c.thereAre(names)
	default:
		refused.Message, refused.hint = c.of("no_organization_"+c.sight(), org), c.thereAre(names)
	}
}
