package usertokens

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token"
)

// note reads the note, which may be left out.
func (i *issues) note(value jsontext.Value) string {
	if value == nil {
		return ""
	}
	var note string
	switch err := json.Unmarshal(value, &note); {
	case err != nil || value.Kind() != '"':
		i.wrongType("string", value, "note")
	case issuer.CheckNote(note) != nil:
		i.add("invalid_format", fmt.Sprintf("note must have 1 to %d characters, and no control characters", issuer.MaxNote), "note")
	}
	return note
}

// access reads the authorization, which may be left out.
func (i *issues) access(value jsontext.Value) token.Access {
	if value == nil {
		return ""
	}
	var text string
	_ = json.Unmarshal(value, &text) // anything else is no word either
	access, err := token.ParseAccess(text)
	if err != nil {
		i.add("invalid_value", `Invalid option: expected one of "full-access"|"read-only"`, "authorization")
	}
	return access
}

// texts reads a list that may be left out, but not be empty.
func (i *issues) texts(field string, value jsontext.Value) []string {
	if value == nil {
		return nil
	}
	var list []string
	err := json.Unmarshal(value, &list)
	switch {
	case err != nil || value.Kind() != '[':
		i.wrongType("array of strings", value, field)
	case len(list) == 0 || slices.Contains(list, ""):
		i.add("too_small", field+" must not be empty; leave it out for no limit", field)
	}
	return list
}

func (i *issues) routes(value jsontext.Value) []string {
	routes := i.texts("routes", value)
	for at, route := range routes {
		if !issuer.ValidRoute(route) {
			i.add("invalid_format", `A route is a path, or a method and a path, such as "/v1/songs" or "GET /v1/users/*"`, "routes", at)
		}
	}
	return routes
}

func (i *issues) networks(value jsontext.Value) (networks []netip.Prefix) {
	for at, text := range i.texts("networks", value) {
		network, err := door.Network(text)
		if err != nil || network != network.Masked() {
			i.add("invalid_format", `A network is written like "192.0.2.0/24" or "2001:db8::/32", without bits behind the mask`, "networks", at)
		}
		networks = append(networks, network)
	}
	return networks
}
