package libsql

import "github.com/sekisho-project/sekisho/token"

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
