package devtokens

import (
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones have their names on every machine

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
)

// localTime is how JiETNG writes a time: without a zone.
const localTime = "2006-01-02 15:04:05"

// foreign is an entry of dev_tokens.json. Which users a token may see is kept by
// the API itself, under the token's id, which does not change.
type foreign struct {
	Token        string         `json:"token"`
	Note         string         `json:"note"`
	CreatedAt    string         `json:"created_at"`
	CreatedBy    string         `json:"created_by"`
	LastUsed     *string        `json:"last_used"`
	Revoked      bool           `json:"revoked"`
	AllowedUsers jsontext.Value `json:"allowed_users"`
}

// importFile takes over a dev_tokens.json; source_tz is the zone of its times,
// such as "Asia/Tokyo", and UTC if not given.
func (d *Door) importFile(c *door.Call) (any, error) {
	query, err := door.Parameters(c.Request, "source_tz")
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(query.Get("source_tz"))
	if err != nil || query.Get("source_tz") == "Local" {
		return nil, issuer.Malformed(`source_tz must be the name of a time zone, such as "Asia/Tokyo".`, nil)
	}
	return d.tokens.Import(c, func(body []byte) ([]issuer.Foreign, error) { return decodeFile(body, zone) })
}

// decodeFile reads the entries in the order of their ids. An error never repeats
// what stands in the file.
func decodeFile(body []byte, zone *time.Location) ([]issuer.Foreign, error) {
	entries := map[string]foreign{}
	if err := json.Unmarshal(body, &entries, json.RejectUnknownMembers(true)); err != nil || len(entries) == 0 {
		return nil, issuer.Malformed("The body must be a dev_tokens.json as JiETNG writes it: an object of tokens by id. Nothing was imported.", nil)
	}
	tokens := make([]issuer.Foreign, 0, len(entries))
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		e := entries[id]
		f := issuer.Foreign{ID: id, Credential: e.Token, Note: strings.TrimSpace(e.Note), CreatedBy: e.CreatedBy, Revoked: e.Revoked}
		var created, used error
		f.CreatedAt, created = time.ParseInLocation(localTime, e.CreatedAt, zone)
		if e.LastUsed != nil {
			f.LastUsedAt, used = time.ParseInLocation(localTime, *e.LastUsed, zone)
		}
		if created != nil || used != nil {
			return nil, issuer.Malformed(`A time in the file is not like "2025-01-24 12:00:00". Nothing was imported.`, nil)
		}
		tokens = append(tokens, f)
	}
	return tokens, nil
}
