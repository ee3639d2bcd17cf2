package libsql

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// feed is a path where the server streams what any token that reads the database
// may have.
type feed struct {
	open       func(Allow) bool
	parameters []string // of the query, that go on
}

var feeds = map[string]feed{
	"/dump":        {func(a Allow) bool { return a.Dump }, []string{"preserve_row_ids"}},
	"/beta/listen": {func(a Allow) bool { return a.Listen }, []string{"table", "action"}},
}

// findFeed finds the feed of a request if it is open. A closed one is a route
// like any other that is not open.
func (g *Gate) findFeed(r *http.Request) (feed, bool) {
	f, ok := feeds[r.URL.EscapedPath()]
	return f, ok && f.open(g.allow) && len(r.Header["Upgrade"]) == 0
}

// serveFeed sends a request for a feed on, and its answer while the grant lasts.
func (g *Gate) serveFeed(w http.ResponseWriter, r *http.Request, f feed, grant *token.Grant, database string, next Next) (refusal.Reason, error) {
	if r.Method != http.MethodGet {
		return decided(refusal.Allowed, refusal.Method("GET"))
	}
	query, err := f.query(r.URL)
	if err != nil {
		return decided(refusal.Allowed, err)
	}
	credential, err := g.tokens.For(database, token.ReadOnly, nil)
	if err != nil {
		return refusal.Fault, refusal.Internal(err)
	}
	out := forward(r, database, credential)
	out.Body, out.ContentLength, out.TransferEncoding = http.NoBody, 0, nil
	if query != "" {
		out.URL.RawQuery = query
		out.RequestURI += "?" + query
	}
	return decided(refusal.Allowed, g.whileGood(w, out, grant, database, next))
}

// query encodes the parameters afresh. Others are refused, so that a misspelt one is noticed.
func (f feed) query(u *url.URL) (string, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", refusal.NotUnderstood("The query of this URL could not be read.", err)
	}
	for name := range values {
		if !slices.Contains(f.parameters, name) {
			return "", refusal.NotUnderstood("Only these query parameters are read here: "+strings.Join(f.parameters, ", ")+".", nil)
		}
	}
	return values.Encode(), nil
}
