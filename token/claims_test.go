package token

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

// anyGrant draws a grant of the kind that is written as a JWT.
func anyGrant(t *rapid.T) *Grant {
	name := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?`)
	g := &Grant{
		ID: NewID(), Organization: name.Draw(t, "organization"), KeyID: "key",
		Access:     rapid.SampledFrom([]Access{FullAccess, ReadOnly}).Draw(t, "access"),
		Generation: rapid.Uint64().Draw(t, "generation"),
		IssuedAt:   time.Unix(rapid.Int64Range(1, latest.Unix()).Draw(t, "issued"), 0),
		ReadAttach: rapid.SliceOfN(name, 0, 3).Draw(t, "attach"),
	}
	if rapid.Bool().Draw(t, "ends") {
		g.ExpiresAt = time.Unix(rapid.Int64Range(1, latest.Unix()).Draw(t, "end"), 0)
	}
	if rapid.Bool().Draw(t, "group") {
		g.Family, g.Group = Group, name.Draw(t, "name")
		g.Databases = rapid.SliceOfN(name, 0, 3).Draw(t, "databases")
	} else {
		g.Family, g.Database = Database, name.Draw(t, "name")
	}
	if len(g.ReadAttach) == 0 {
		g.ReadAttach = nil
	}
	if len(g.Databases) == 0 {
		g.Databases = nil
	}
	return g
}

func TestAGrantSurvivesItsClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyGrant(t)
		payload, err := json.Marshal(NewClaims(want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&JWT{KeyID: "key", Payload: payload}).Grant()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\n got %+v, %v\nwant %+v", payload, got, err, want)
		}
	})
}

func TestClaimsThatAreRefused(t *testing.T) {
	const head = `"iss":"sekisho","jti":"abc","iat":1700000000,`
	for name, payload := range map[string]string{
		"nothing":                   `{}`,
		"no rights":                 `{` + head + `"fam":"database","org":"o","gen":1,"p":{}}`,
		"rights for everything":     `{` + head + `"fam":"database","org":"o","gen":1}`,
		"both kinds of rights":      `{` + head + `"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]},"ro":{"ns":["d"]}}}`,
		"two databases":             `{` + head + `"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d","e"]}}}`,
		"a database by tag":         `{` + head + `"fam":"database","org":"o","gen":1,"p":{"rw":{"tags":["d"]}}}`,
		"a group's tag of another":  `{` + head + `"fam":"group","group":"g","org":"o","gen":1,"p":{"rw":{"tags":["h"]}}}`,
		"a group without its name":  `{` + head + `"fam":"group","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"a group with both":         `{` + head + `"fam":"group","group":"g","org":"o","gen":1,"p":{"rw":{"tags":["g"],"ns":["d"]}}}`,
		"a database with a group":   `{` + head + `"fam":"database","group":"g","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"another family":            `{` + head + `"fam":"platform","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"another issuer":            `{"iss":"x","jti":"abc","iat":1,"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"no id":                     `{"iss":"sekisho","iat":1,"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"a name that needs escapes": `{` + head + `"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["../d"]}}}`,
		"a date as text":            `{"iss":"sekisho","jti":"abc","iat":"2024-01-15T10:30:00Z","fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"an end as text":            `{` + head + `"exp":"1900000000","fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"an end as a fraction":      `{` + head + `"exp":1900000000.5,"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"an end before all time":    `{` + head + `"exp":-1,"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"an end of nothing":         `{` + head + `"exp":0,"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"an end twice":              `{` + head + `"exp":1,"exp":1900000000,"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"an unknown claim":          `{` + head + `"perm":[],"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"another case":              `{` + head + `"FAM":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}`,
		"rights as a list":          `{` + head + `"fam":"database","org":"o","gen":1,"p":[{"ns":["d"]}]}`,
		"attach by tag":             `{` + head + `"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]},"roa":{"tags":["g"]}}}`,
		"more than one document":    `{` + head + `"fam":"database","org":"o","gen":1,"p":{"rw":{"ns":["d"]}}}{}`,
	} {
		if _, err := (&JWT{KeyID: "key", Payload: []byte(payload)}).Grant(); !errors.Is(err, ErrClaims) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
