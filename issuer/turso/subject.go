package turso

import (
	"net/http"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// subject is what the path names.
func (d *Door) subject(c *door.Call) (token.Subject, error) {
	org, err := d.organization(c)
	if err != nil {
		return token.Subject{}, err
	}
	if name, ok := c.Names["group"]; ok {
		return token.Subject{Family: token.Group, Organization: org, Name: name}, nil
	}
	return token.Subject{Family: token.Database, Organization: org, Name: c.Names["database"]}, nil
}

// organization is the one in the path, else the only one that the caller knows of.
func (d *Door) organization(c *door.Call) (string, error) {
	if org, ok := c.Names["organization"]; ok {
		return org, nil
	}
	switch visible := d.service.Organizations(c.Principal); len(visible) {
	case 0:
		return "", issuer.OrganizationNotFound()
	case 1:
		return visible[0], nil
	default:
		return "", &refusal.Refusal{
			Status: http.StatusNotFound, Title: "organization not found", Code: refusal.NotFound, Reason: refusal.Unknown,
			Message: "There are several organizations. Name one in the path: /v1/organizations/{organization}/…; with the Turso command line, use `turso org switch`.",
		}
	}
}
