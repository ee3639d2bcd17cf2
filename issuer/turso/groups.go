package turso

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

type group struct {
	Name             string   `json:"name"`
	UUID             string   `json:"uuid"`
	Locations        []string `json:"locations"`
	Primary          string   `json:"primary"`
	Version          string   `json:"version"`
	Archived         bool     `json:"archived"`
	DeleteProtection bool     `json:"delete_protection"`
	Status           struct {
		Locations []location `json:"locations"`
	} `json:"status"`
}

type location struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

func (d *Door) describeGroup(org, name string) group {
	region := d.host.region()
	g := group{Name: name, UUID: stableID(org, "group", name), Locations: []string{region}, Primary: region, Version: anyVersion}
	g.Status.Locations = []location{{Name: region, Status: "up"}}
	return g
}

func (d *Door) groups(c *door.Call) (any, error) {
	org, err := d.organization(c)
	if err != nil {
		return nil, err
	}
	names, err := d.service.Groups(c.Principal, org)
	if err != nil {
		return nil, err
	}
	list := []group{}
	for _, name := range names {
		list = append(list, d.describeGroup(org, name))
	}
	return map[string]any{"groups": list}, nil
}

func (d *Door) group(c *door.Call) (any, error) {
	g, err := d.findGroup(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"group": g}, nil
}

// findGroup describes the group in the path, if the caller may see it.
func (d *Door) findGroup(c *door.Call) (group, error) {
	subject, err := d.subject(c)
	if err != nil {
		return group{}, err
	}
	if err := d.service.Group(c.Principal, subject.Organization, subject.Name); err != nil {
		return group{}, err
	}
	return d.describeGroup(subject.Organization, subject.Name), nil
}

// stableID is a UUID that stays the same for the same names (RFC 9562, version 8).
// Clients remember things by it.
func stableID(names ...string) string {
	b := sha256.Sum256([]byte(strings.Join(names, "/")))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
