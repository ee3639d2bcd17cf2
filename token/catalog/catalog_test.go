package catalog

import (
	"errors"
	"slices"
	"testing"
)

func TestWhatWasAddedIsFound(t *testing.T) {
	c := New()
	if err := errors.Join(c.Add("o", "g", "a", "b"), c.Add("o", "h", "c"), c.Add("p", "g", "a"), c.AddOrganization("q")); err != nil {
		t.Fatal(err)
	}
	if group, ok := c.GroupOf("o", "c"); !ok || group != "h" {
		t.Errorf("c is in %q, %v", group, ok)
	}
	if _, ok := c.GroupOf("p", "c"); ok {
		t.Error("a database is found in another organization")
	}
	if databases, ok := c.Databases("o", "g"); !ok || !slices.Equal(databases, []string{"a", "b"}) {
		t.Errorf("g has %v, %v", databases, ok)
	}
	if _, ok := c.Databases("o", "nobody"); ok {
		t.Error("a group is found that is not there")
	}
	if !c.HasOrganization("q") || c.HasOrganization("r") || !slices.Equal(c.Organizations(), []string{"o", "p", "q"}) || !slices.Equal(c.Groups("o"), []string{"g", "h"}) {
		t.Errorf("organizations %v, groups of o %v", c.Organizations(), c.Groups("o"))
	}
}

func TestNobodyChangesTheCatalogThroughItsAnswers(t *testing.T) {
	c := New()
	if err := c.Add("o", "g", "a"); err != nil {
		t.Fatal(err)
	}
	databases, _ := c.Databases("o", "g")
	databases[0] = "changed"
	if again, _ := c.Databases("o", "g"); again[0] != "a" {
		t.Error("the catalog was changed")
	}
}

func TestWhatContradictsItselfIsRefused(t *testing.T) {
	for name, add := range map[string]func(*Catalog) error{
		"the group again":        func(c *Catalog) error { return c.Add("o", "g") },
		"the database again":     func(c *Catalog) error { return c.Add("o", "h", "a") },
		"a bad organization":     func(c *Catalog) error { return c.AddOrganization("O") },
		"a bad group":            func(c *Catalog) error { return c.Add("o", "") },
		"a bad database":         func(c *Catalog) error { return c.Add("o", "h", "a.b") },
		"a database named twice": func(c *Catalog) error { return c.Add("o", "h", "x", "x") },
	} {
		c := New()
		if err := c.Add("o", "g", "a"); err != nil {
			t.Fatal(err)
		}
		if err := add(c); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
