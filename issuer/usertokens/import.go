package usertokens

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

// columns of the service's table "tokens", which may stand in any order.
var columns = []string{"id", "token", "userId", "scopes", "createdAt", "expiresAt"}

// importTable takes over the table "tokens" of the service, as CSV with its names
// in the first line: `\copy tokens to tokens.csv csv header` in psql writes that.
func (d *Door) importTable(c *door.Call) (any, error) {
	if _, err := door.Parameters(c.Request); err != nil {
		return nil, err
	}
	return d.tokens.Import(c, decodeTable)
}

// decodeTable reads the lines. An error never repeats what stands in them.
func decodeTable(body []byte) ([]issuer.Foreign, error) {
	lines, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(lines) < 2 {
		return nil, issuer.Malformed("The body must be CSV: a line of names, and a line for each token. Nothing was imported.", nil)
	}
	at := map[string]int{}
	for i, name := range lines[0] {
		at[name] = i
	}
	if !slices.Equal(slices.Sorted(maps.Keys(at)), slices.Sorted(slices.Values(columns))) || len(at) != len(lines[0]) {
		return nil, issuer.Malformed("The first line must have the names "+strings.Join(columns, ",")+", each once. Nothing was imported.", nil)
	}
	var tokens []issuer.Foreign
	for i, line := range lines[1:] {
		created, err1 := parseTime(line[at["createdAt"]])
		expires, err2 := parseTime(line[at["expiresAt"]])
		scopes, err3 := parseScopes(line[at["scopes"]])
		if errors.Join(err1, err2, err3) != nil {
			return nil, issuer.Malformed(fmt.Sprintf("Line %d has scopes or times that cannot be read. Nothing was imported.", i+2), nil)
		}
		tokens = append(tokens, issuer.Foreign{
			ID: line[at["id"]], Credential: line[at["token"]], Holder: strings.TrimSpace(line[at["userId"]]),
			Scopes: scopes, CreatedAt: created, CreatedBy: creator, ExpiresAt: expires,
		})
	}
	return tokens, nil
}

// creator stands for whoever made a token: the service did not know its callers apart.
const creator = "api-key"

var errTable = errors.New("malformed table")

// parseTime reads a time as PostgreSQL or JavaScript writes it. One without a zone
// is UTC, as the service kept it.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04:05-07"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errTable
}

// parseScopes reads a list as PostgreSQL writes it, {read,"a,b"}, or as JSON.
func parseScopes(s string) (scopes []string, err error) {
	if strings.HasPrefix(s, "[") {
		err = json.Unmarshal([]byte(s), &scopes)
		return scopes, err
	}
	inner, ok1 := strings.CutPrefix(s, "{")
	inner, ok2 := strings.CutSuffix(inner, "}")
	if !ok1 || !ok2 || strings.Contains(inner, `\`) {
		return nil, errTable
	}
	return csv.NewReader(strings.NewReader(inner)).Read()
}
