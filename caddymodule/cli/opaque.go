package cli

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// family is one of the two kinds of opaque tokens and where its door is.
type family struct {
	command string // "devtoken" or "usertoken"
	path    string
	envName string
	decode  func(jsontext.Value) (opaque, error)
	// selections are all tokens of something.
	selections []selection
}

// opaque is what a door shows of a token.
type opaque struct {
	ID, Token, Note, Holder, Status, CreatedBy string
	CreatedAt, ExpiresAt, LastUsed             *time.Time
	Authorization                              string
	Scopes, Networks, Routes                   []string
	RevokedAt, GraceUntil                      *time.Time
	RevokedBy, Reason, RotatedTo               string
}

var developer = family{
	command: "devtoken", path: "/devtokens", envName: "API_TOKEN", decode: decodeDeveloper,
	selections: []selection{{"app", "app", "flag_of_app"}, {"creator", "created_by", "flag_of_creator"}},
}

var user = family{
	command: "usertoken", path: "/api/tokens", envName: "API_TOKEN", decode: decodeUser,
	selections: []selection{{"user", "userId", "flag_of_user"}},
}

func decodeDeveloper(value jsontext.Value) (o opaque, err error) {
	var v struct {
		ID            string     `json:"id"`
		Token         string     `json:"token"`
		Note          string     `json:"note"`
		App           string     `json:"app"`
		Status        string     `json:"status"`
		CreatedAt     *time.Time `json:"created_at"`
		CreatedBy     string     `json:"created_by"`
		ExpiresAt     *time.Time `json:"expires_at"`
		LastUsed      *time.Time `json:"last_used"`
		Authorization string     `json:"authorization"`
		Scopes        []string   `json:"scopes"`
		Networks      []string   `json:"networks"`
		Routes        []string   `json:"routes"`
		RevokedAt     *time.Time `json:"revoked_at"`
		RevokedBy     string     `json:"revoked_by"`
		Reason        string     `json:"reason"`
		RotatedTo     string     `json:"rotated_to"`
		GraceUntil    *time.Time `json:"grace_until"`
	}
	err = json.Unmarshal(value, &v)
	return opaque{
		v.ID, v.Token, v.Note, v.App, v.Status, v.CreatedBy, v.CreatedAt, v.ExpiresAt, v.LastUsed, v.Authorization,
		v.Scopes, v.Networks, v.Routes, v.RevokedAt, v.GraceUntil, v.RevokedBy, v.Reason, v.RotatedTo,
	}, err
}

func decodeUser(value jsontext.Value) (o opaque, err error) {
	var v struct {
		ID            string     `json:"id"`
		Token         string     `json:"token"`
		UserID        string     `json:"userId"`
		Note          string     `json:"note"`
		Status        string     `json:"status"`
		CreatedAt     *time.Time `json:"createdAt"`
		CreatedBy     string     `json:"createdBy"`
		ExpiresAt     *time.Time `json:"expiresAt"`
		LastUsed      *time.Time `json:"lastUsedAt"`
		Authorization string     `json:"authorization"`
		Scopes        []string   `json:"scopes"`
		Networks      []string   `json:"networks"`
		Routes        []string   `json:"routes"`
		RevokedAt     *time.Time `json:"revokedAt"`
		RotatedTo     string     `json:"rotatedTo"`
		GraceUntil    *time.Time `json:"graceUntil"`
	}
	err = json.Unmarshal(value, &v)
	return opaque{
		v.ID, v.Token, v.Note, v.UserID, v.Status, v.CreatedBy, v.CreatedAt, v.ExpiresAt, v.LastUsed, v.Authorization,
		v.Scopes, v.Networks, v.Routes, v.RevokedAt, v.GraceUntil, "", "", v.RotatedTo,
	}, err
}

// ids are those that a shell may offer.
func (f family) ids(c *call) ([]string, error) {
	if f.command == developer.command {
		return usable(c)
	}
	return held(false)(c)
}

// one makes the path of a token; ids of other systems may have any character.
func (f family) one(id string) string { return f.path + "/" + url.PathEscape(id) }

func (c *call) fetch(f family, id string) (opaque, jsontext.Value, error) {
	answer, err := c.call(request{method: http.MethodGet, path: f.one(id)})
	if err != nil {
		return opaque{}, nil, err
	}
	o, err := f.decode(answer.body)
	return o, answer.body, err
}

func (t texts) info(f family) *cobra.Command {
	cmd := t.leaf("info <id>", "info", func(c *call) error {
		if len(c.args) != 1 {
			return c.misused()
		}
		if err := c.noCredentials(c.args); err != nil {
			return err
		}
		o, body, err := c.fetch(f, c.args[0])
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(body)
		}
		return c.describe(o)
	})
	cmd.ValidArgsFunction = t.completing(first(f.ids))
	return cmd
}
