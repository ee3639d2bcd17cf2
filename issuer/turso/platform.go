package turso

import (
	"strings"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

// releases tells Turso's command line that there is nothing newer: a higher
// version would make it run an installer.
func (*Door) releases(*door.Call) (any, error) {
	return map[string]string{"latest": "v0.0.1"}, nil
}

// validate tells that the key is good. Admin keys do not expire, which is -1.
func (*Door) validate(*door.Call) (any, error) {
	return map[string]int{"exp": -1}, nil
}

type organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
	Type string `json:"type"`
}

func (d *Door) organizations(c *door.Call) (any, error) {
	return map[string]any{"organizations": d.visible(c)}, nil
}

// organizationsV1 answers in the shape that the client reads: Turso documents a
// list, and its own SDK wants an object.
func (d *Door) organizationsV1(c *door.Call) (any, error) {
	if strings.HasPrefix(c.UserAgent(), "@tursodatabase/api") {
		return d.organizations(c)
	}
	return d.visible(c), nil
}

// visible lists the organizations of the caller. An only one is called personal:
// the command line then needs no `org switch`.
func (d *Door) visible(c *door.Call) []organization {
	names := d.service.Organizations(c.Principal)
	kind := "team"
	if len(names) == 1 {
		kind = "personal"
	}
	var list []organization
	for _, name := range names {
		list = append(list, organization{ID: stableID(name), Name: name, Slug: name, Type: kind})
	}
	return list
}

// database is in the spelling of Turso's clients, who read it case by case.
type database struct {
	Name             string   `json:"Name"`
	DbID             string   `json:"DbId"`
	Hostname         string   `json:"Hostname"`
	Group            string   `json:"group"`
	Regions          []string `json:"regions"`
	PrimaryRegion    string   `json:"primaryRegion"`
	Type             string   `json:"type"`
	Version          string   `json:"version"`
	AllowAttach      bool     `json:"allow_attach"`
	BlockReads       bool     `json:"block_reads"`
	BlockWrites      bool     `json:"block_writes"`
	DeleteProtection bool     `json:"delete_protection"`
	IsSchema         bool     `json:"is_schema"`
	Schema           string   `json:"schema"`
	Sleeping         bool     `json:"sleeping"`
	Archived         bool     `json:"archived"`
	Parent           *string  `json:"parent"`
}

// anyVersion is a version for which the command line rotates a single database
// of a group; for others it refuses by itself.
const anyVersion = "tech-preview"

func (d *Door) describe(org string, v issuer.DatabaseView) database {
	region := d.host.region()
	return database{
		Name: v.Name, DbID: stableID(org, v.Name), Hostname: d.host.of(org, v.Name), Group: v.Group,
		Regions: []string{region}, PrimaryRegion: region, Type: "logical", Version: anyVersion, AllowAttach: true,
	}
}

// databases lists all that the caller knows of, in one page: the command line
// looks at no other.
func (d *Door) databases(c *door.Call) (any, error) {
	org, err := d.organization(c)
	if err != nil {
		return nil, err
	}
	views, err := d.service.Databases(c.Principal, org)
	if err != nil {
		return nil, err
	}
	list := []database{}
	group := c.URL.Query().Get("group")
	for _, v := range views {
		if group == "" || v.Group == group {
			list = append(list, d.describe(org, v))
		}
	}
	return map[string]any{"databases": list, "pagination": map[string]any{"next": nil}}, nil
}

func (d *Door) database(c *door.Call) (any, error) {
	db, err := d.find(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"database": db}, nil
}

// find describes the database in the path, if the caller may see it.
func (d *Door) find(c *door.Call) (database, error) {
	subject, err := d.subject(c)
	if err != nil {
		return database{}, err
	}
	view, err := d.service.Database(c.Principal, subject.Organization, subject.Name)
	if err != nil {
		return database{}, err
	}
	return d.describe(subject.Organization, view), nil
}
