package caddymodule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/token/catalog"
)

// A name in the configuration that is of nothing there is a mistake in writing: it
// would load, and refuse every request for as long as nobody finds it.

// checkReach makes sure that the organizations and groups that limit an admin key exist.
func checkReach(c *catalog.Catalog, k AdminKey) error {
	organizations := c.Organizations()
	for _, name := range k.Organizations {
		if !c.HasOrganization(name) {
			return fmt.Errorf("there is no organization %q; there are: %s", name, some(organizations))
		}
	}
	if len(k.Organizations) > 0 {
		organizations = k.Organizations
	}
	var groups []string
	for _, organization := range organizations {
		groups = append(groups, c.Groups(organization)...)
	}
	for _, name := range k.Groups {
		if !slices.Contains(groups, name) {
			return fmt.Errorf("there is no group %q in %s; there are: %s", name, some(organizations), some(groups))
		}
	}
	return nil
}

// checkDatabase makes sure that a database that is known at load exists. What depends
// on the request cannot be known then.
func checkDatabase(c *catalog.Catalog, organization, database string) error {
	for _, mistaken := range []string{"{label.", "{labels.", "{http.request.host.label."} {
		if strings.Contains(database, mistaken) {
			return fmt.Errorf("database %s: Caddy has no such placeholder; a label of the host, counted from the right, is {labels.3} in a Caddyfile "+
				"and {http.request.host.labels.3} in JSON", database)
		}
	}
	name := caddy.NewReplacer().WithoutFile().ReplaceKnown(database, "")
	if _, ok := c.GroupOf(organization, name); ok || strings.Contains(name, "{") {
		return nil
	}
	return fmt.Errorf("organization %s has no database %q; it has: %s", organization, database, some(databasesOf(c, organization)))
}

func databasesOf(c *catalog.Catalog, organization string) (names []string) {
	for _, group := range c.Groups(organization) {
		members, _ := c.Databases(organization, group)
		names = append(names, members...)
	}
	return names
}

// some lists names, and of many only the first.
func some(names []string) string {
	const most = 5
	if len(names) == 0 {
		return "none"
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
