package cli

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// checkExpiration makes sure that the flag is one that a server can read.
func (c *call) checkExpiration(flag string) error {
	if !c.given(flag) {
		return nil
	}
	if _, err := token.ParseExpiration(c.text(flag)); err != nil {
		return c.usage("expiration", "--"+flag, c.text(flag))
	}
	return nil
}

// span reads a flag such as "90d"; 0 when it was not given.
func (c *call) span(flag string) (time.Duration, error) {
	if !c.given(flag) || c.text(flag) == "0" {
		return 0, nil
	}
	e, err := token.ParseExpiration(c.text(flag))
	if err != nil || e.IsNever() || e.IsInstant() {
		return 0, c.usage("span", "--"+flag, c.text(flag))
	}
	epoch := time.Unix(0, 0)
	end, err := e.At(epoch)
	if err != nil {
		return 0, c.usage("span", "--"+flag, c.text(flag))
	}
	return end.Sub(epoch), nil
}

func (c *call) checkAuthorization() error {
	return c.checkWord("authorization", string(token.ReadOnly), string(token.FullAccess))
}

// checkWord makes sure that the flag, if given, is one of the allowed words.
func (c *call) checkWord(flag string, allowed ...string) error {
	if c.given(flag) && !slices.Contains(allowed, c.text(flag)) {
		return c.usage("one_of", "--"+flag, strings.Join(allowed, ", "))
	}
	return nil
}

// limits reads the flags that narrow an opaque token into the body of a create.
func (c *call) limits(body map[string]any) error {
	for _, name := range []string{"scopes", "networks", "routes"} {
		list := c.list(name)
		if c.given(name) && (len(list) == 0 || slices.Contains(list, "")) {
			return c.usage("empty_list", "--"+name)
		}
		if len(list) > 0 {
			body[name] = list
		}
	}
	for _, text := range c.list("networks") {
		_, err := netip.ParsePrefix(text)
		_, err2 := netip.ParseAddr(text)
		if err != nil && err2 != nil {
			return c.usage("network", text)
		}
	}
	for _, text := range c.list("routes") {
		if _, err := token.ParseRoute(text); err != nil {
			return c.usage("route", text)
		}
	}
	if err := c.checkAuthorization(); err != nil {
		return err
	}
	if c.given("authorization") {
		body["authorization"] = c.text("authorization")
	}
	return nil
}
