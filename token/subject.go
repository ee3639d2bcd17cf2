package token

import (
	"fmt"
	"strings"
)

// Subject is what tokens are minted for and what a rotation retires the tokens
// of. It is comparable, so it can be a map key without building a string.
type Subject struct {
	Family       Family
	Organization string
	Name         string
}

// String writes the subject as "family/organization/name"; [ParseSubject] reads it.
func (s Subject) String() string {
	return string(s.Family) + "/" + s.Organization + "/" + s.Name
}

// ParseSubject reads what [Subject.String] writes.
func ParseSubject(s string) (Subject, error) {
	family, rest, _ := strings.Cut(s, "/")
	organization, name, ok := strings.Cut(rest, "/")
	subject := Subject{Family: Family(family), Organization: organization, Name: name}
	if !ok || family == "" || name == "" || !ValidName(organization) && !(organization == "" && subject.Family.Opaque()) {
		return Subject{}, fmt.Errorf("malformed subject %q", s)
	}
	return subject, nil
}
