package cli

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// statuses are those that a list may be of.
var statuses = []string{"all", "active", "rotating", "revoked", "expired", "rotated"}

// orders are those that a list may have.
var orders = []string{"created", "last-used"}

// listed is a token and its JSON.
type listed struct {
	opaque
	value jsontext.Value
}

// pages reads a list to its end.
func (c *call) pages(f family, query url.Values) (tokens []listed, err error) {
	query.Set("limit", "1000")
	for {
		answer, err := c.call(request{method: http.MethodGet, path: f.path, query: query})
		if err != nil {
			return nil, err
		}
		values, next, err := f.page(answer)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			o, err := f.decode(value)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, listed{o, value})
		}
		if next == "" {
			return tokens, nil
		}
		query.Set("cursor", next)
	}
}

// page takes a page apart: an object with the next cursor, or a bare array with
// the next page behind the Link header (RFC 8288).
func (f family) page(answer reply) (values []jsontext.Value, next string, err error) {
	if f.command == developer.command {
		var list struct {
			Tokens []jsontext.Value `json:"tokens"`
			Next   string           `json:"next"`
		}
		err := answer.into(&list)
		return list.Tokens, list.Next, err
	}
	if err := answer.into(&values); err != nil {
		return nil, "", err
	}
	link, _, _ := strings.Cut(strings.TrimPrefix(answer.header.Get("Link"), "<?"), ">")
	query, err := url.ParseQuery(link)
	return values, query.Get("cursor"), err
}

func (c *call) listOpaque(f family, query url.Values) error {
	if err := c.checkWord("status", statuses...); err != nil {
		return err
	}
	if err := c.checkWord("sort", orders...); err != nil {
		return err
	}
	if status := c.text("status"); status != "" {
		query.Set("status", status)
	}
	tokens, err := c.pages(f, query)
	if err != nil {
		return err
	}
	if c.text("sort") == "last-used" {
		slices.SortStableFunc(tokens, func(a, b listed) int { return used(b).Compare(used(a)) })
	}
	if c.json {
		values := make([]jsontext.Value, len(tokens))
		for i := range tokens {
			values[i] = tokens[i].value
		}
		return c.printJSON(values)
	}
	switch {
	case len(tokens) > 0:
		return c.table(f, tokens)
	case c.given("app") || c.given("unused") || c.given("status"):
		c.say("none_match")
	default:
		c.say("none_"+f.command, c.cmd.Parent().CommandPath())
	}
	return nil
}

// used is when a token was last used; never is long ago.
func used(t listed) time.Time {
	if t.LastUsed == nil {
		return time.Time{}
	}
	return *t.LastUsed
}

func (c *call) table(f family, tokens []listed) error {
	t := c.newTable("label_id", "label_note", "label_status", "label_created", "label_last_used", "label_expires")
	if f.command == user.command {
		t.head[1] = c.of("label_scopes")
	}
	t.shrink, t.badge = 1, 2
	for _, o := range tokens {
		about := o.Note
		if f.command == user.command {
			about = strings.Join(o.Scopes, " ")
		}
		t.rows = append(t.rows, []string{
			o.ID, inert(about, false), c.of("status_" + o.Status), shown(o.CreatedAt), c.ago(o.LastUsed), shown(ends(o.ExpiresAt, o.GraceUntil)),
		})
	}
	return c.print(t.text(c.screen))
}
