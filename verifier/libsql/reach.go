package libsql

import (
	"net/http"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// reaches reports whether the grant covers a database that exists. A group's
// databases are those that it has now.
func (g *Gate) reaches(grant *token.Grant, database string) bool {
	if grant.Organization != g.organization {
		return false
	}
	group, exists := g.catalog.GroupOf(g.organization, database)
	if !exists {
		return false
	}
	switch grant.Family {
	case token.Database:
		return grant.Database == database
	case token.Group:
		_, included := grant.Narrowed(database)
		return included && grant.Group == group
	default:
		return false
	}
}

// attachable lists the databases that the grant may attach and that exist.
func (g *Gate) attachable(grant *token.Grant) []string {
	var names []string
	for _, name := range grant.ReadAttach {
		if _, exists := g.catalog.GroupOf(g.organization, name); exists {
			names = append(names, name)
		}
	}
	return names
}

// unreachable is the same answer for a database that does not exist and for one
// that the token does not cover, so that names cannot be probed.
func unreachable() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusForbidden, Title: "Permission denied", Message: "This token does not reach this database.",
		Code: refusal.PermissionDenied, Reason: refusal.Unreachable,
	}
}
