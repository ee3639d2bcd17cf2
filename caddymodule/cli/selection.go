package cli

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// selection is a flag that stands for all tokens of something, and the parameter
// of the door for it.
type selection struct{ flag, parameter, text string }

// selected reads the flags that stand for all tokens of something.
func (c *call) selected(f family) (url.Values, error) {
	query := url.Values{}
	for _, s := range f.selections {
		if !c.given(s.flag) {
			continue
		}
		if c.text(s.flag) == "" || len(c.args) > 0 {
			return nil, c.misused()
		}
		query.Set(s.parameter, c.text(s.flag))
	}
	return query, nil
}

// revokeSelected takes back all tokens of something in one call.
func (c *call) revokeSelected(f family, query url.Values) error {
	tokens, err := c.good(f, maps.Clone(query))
	if err != nil {
		return err
	}
	if len(tokens) == 0 {
		c.say("nothing_selected")
		return c.reportRevoked([]string{})
	}
	c.preview(tokens)
	if err := c.confirm("confirm_revoke", len(tokens)); err != nil {
		return err
	}
	ids, err := c.takeBack(f, query)
	if err != nil {
		return err
	}
	return c.reportRevoked(ids)
}

// good lists the tokens that still work.
func (c *call) good(f family, query url.Values) ([]listed, error) {
	tokens, err := c.pages(f, query)
	return slices.DeleteFunc(tokens, func(t listed) bool { return t.Status != "active" && t.Status != "rotating" }), err
}

// takeBack has the door revoke all that the query selects, and gives their ids.
func (c *call) takeBack(f family, query url.Values) ([]string, error) {
	if reason := c.text("reason"); reason != "" {
		query.Set("reason", reason)
	}
	answer, err := c.call(request{method: http.MethodDelete, path: f.path, query: query})
	if err != nil {
		return nil, err
	}
	var done revoked
	err = answer.into(&done)
	return done.IDs, err
}
