package issuer

import (
	"slices"

	"github.com/sekisho-project/sekisho/token"
)

// maxNames bounds each list of databases in a request, after repetitions are
// taken out.
const maxNames = 64

// locate finds the group of a subject, which a principal must see and have the
// right to act on. What the principal may not know of is refused as if it did
// not exist; only someone who sees the subject is told that a right is missing.
func (s *Service) locate(p *Principal, a Action, subject token.Subject) (group string, err error) {
	if group, err = s.sight(p, subject); err != nil {
		return "", err
	}
	if !p.may(a, subject.Family) {
		return "", notPermitted(a, subject.Family)
	}
	return group, nil
}

// sight finds the group of a subject that a principal may know of.
func (s *Service) sight(p *Principal, subject token.Subject) (group string, err error) {
	if !s.catalog.HasOrganization(subject.Organization) || !p.seesOrganization(subject.Organization) {
		return "", OrganizationNotFound()
	}
	if subject.Family == token.Group {
		_, ok := s.catalog.Databases(subject.Organization, subject.Name)
		if !ok || !p.seesGroup(subject.Organization, subject.Name) {
			return "", groupNotFound()
		}
		return subject.Name, nil
	}
	group, ok := s.catalog.GroupOf(subject.Organization, subject.Name)
	if !ok || !p.seesGroup(subject.Organization, group) {
		return "", databaseNotFound(subject.Name)
	}
	return group, nil
}

// checkNarrowing reads the databases that a group token is to be limited to.
func (s *Service) checkNarrowing(subject token.Subject, names []string) ([]string, error) {
	names, err := distinct("databases", names)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	if subject.Family != token.Group {
		return nil, FieldUnsupported("databases", "databases narrows group tokens; a database token reaches one database anyway.")
	}
	members, _ := s.catalog.Databases(subject.Organization, subject.Name)
	for _, name := range names {
		if !slices.Contains(members, name) {
			return nil, databaseUnknown("databases", name, "group")
		}
	}
	return names, nil
}

// checkAttach reads the databases that a token may attach. Nobody gives away
// what they do not see themselves.
func (s *Service) checkAttach(p *Principal, org string, names []string) ([]string, error) {
	names, err := distinct("permissions.read_attach.databases", names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		group, ok := s.catalog.GroupOf(org, name)
		if !ok || !p.seesGroup(org, group) {
			return nil, databaseUnknown("permissions.read_attach.databases", name, "organization")
		}
	}
	return names, nil
}

// distinct takes repetitions out and keeps the order.
func distinct(list string, names []string) ([]string, error) {
	var once []string
	for _, name := range names {
		if slices.Contains(once, name) {
			continue
		}
		if len(once) == maxNames {
			return nil, tooManyNames(list)
		}
		once = append(once, name)
	}
	return once, nil
}
