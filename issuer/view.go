package issuer

import (
	"slices"

	"github.com/sekisho-project/sekisho/token"
)

// DatabaseView is a database as a principal sees it.
type DatabaseView struct {
	Name, Group string
}

// Organizations lists the organizations that the principal may know of, by name.
func (s *Service) Organizations(p *Principal) []string {
	return slices.DeleteFunc(s.catalog.Organizations(), func(org string) bool { return !p.seesOrganization(org) })
}

// Groups lists the groups that the principal may know of, by name.
func (s *Service) Groups(p *Principal, org string) ([]string, error) {
	if !s.catalog.HasOrganization(org) || !p.seesOrganization(org) {
		return nil, OrganizationNotFound()
	}
	return slices.DeleteFunc(s.catalog.Groups(org), func(group string) bool { return !p.seesGroup(org, group) }), nil
}

// Databases lists the databases that the principal may know of, by group and in
// the order of the catalog.
func (s *Service) Databases(p *Principal, org string) ([]DatabaseView, error) {
	groups, err := s.Groups(p, org)
	if err != nil {
		return nil, err
	}
	var views []DatabaseView
	for _, group := range groups {
		names, _ := s.catalog.Databases(org, group)
		for _, name := range names {
			views = append(views, DatabaseView{Name: name, Group: group})
		}
	}
	return views, nil
}

// Group reports whether there is such a group that the principal may know of.
func (s *Service) Group(p *Principal, org, name string) error {
	_, err := s.sight(p, groupSubject(org, name))
	return err
}

// Database finds a database that the principal may know of.
func (s *Service) Database(p *Principal, org, name string) (DatabaseView, error) {
	group, err := s.sight(p, token.Subject{Family: token.Database, Organization: org, Name: name})
	return DatabaseView{Name: name, Group: group}, err
}
