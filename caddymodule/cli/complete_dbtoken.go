package cli

import (
	"slices"
	"strings"
)

// subjects offers databases and groups.
var subjects = online(func(c *call) ([]string, error) { return c.subjects("") })

// databases offers databases only.
var databases = online(func(c *call) ([]string, error) {
	names, err := c.subjects("")
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "group/") }), err
})

// dbTokenIDs offers the ids of what can still be used: of the database or group
// that the arguments or a flag name, or of all.
var dbTokenIDs = online(func(c *call) (offers []string, err error) {
	of := c.text("of")
	if c.cmd.Name() == "rotate" && len(c.args) > 0 {
		of = c.args[0]
	}
	names, err := c.subjects(of)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		tokens, err := c.tokensOf(name)
		if err != nil {
			return nil, err
		}
		for _, t := range tokens {
			if t.good() {
				offers = append(offers, t.ID+"\t"+name)
			}
		}
	}
	return offers, nil
})
