package cli

import (
	"net/http"
	"net/url"
	"strings"
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

var developer = family{"devtoken", "/devtokens", "API_TOKEN", func(value jsontext.Value) (o opaque, err error) {
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
}}

var user = family{"usertoken", "/api/tokens", "API_TOKEN", func(value jsontext.Value) (o opaque, err error) {
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
}}

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
	return t.leaf("info <id>", "info", func(c *call) error {
		if len(c.args) != 1 {
			return c.usage("args", c.cmd.UseLine())
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
}

// describe prints all that is known of a token, line by line.
func (c *call) describe(o opaque) error {
	lines := [][2]string{
		{"label_id", o.ID},
		{"label_token", o.Token},
		{"label_note", o.Note},
		{"label_holder", o.Holder},
		{"label_status", c.of("status_" + o.Status)},
		{"label_authorization", o.Authorization},
		{"label_scopes", strings.Join(o.Scopes, " ")},
		{"label_networks", strings.Join(o.Networks, " ")},
		{"label_routes", strings.Join(o.Routes, ", ")},
		{"label_creator", o.CreatedBy},
		{"label_created", c.both(o.CreatedAt)},
		{"label_expires", c.end(o.ExpiresAt)},
		{"label_last_used", c.ago(o.LastUsed)},
		{"label_rotated_to", o.RotatedTo},
		{"label_revoked_by", o.RevokedBy},
		{"label_reason", o.Reason},
	}
	if o.RevokedAt != nil {
		lines = append(lines, [2]string{"label_revoked", c.both(o.RevokedAt)})
	}
	if o.GraceUntil != nil {
		lines = append(lines, [2]string{"label_grace", c.both(o.GraceUntil)})
	}
	return c.lines(lines)
}

// lines prints labels and values; a line without a value is left out.
func (c *call) lines(lines [][2]string) error {
	room := 0
	for i := range lines {
		lines[i][0] = c.of(lines[i][0])
		room = max(room, cells(lines[i][0]))
	}
	for _, line := range lines {
		if line[1] == "" {
			continue
		}
		if _, err := c.out.Write([]byte(line[0] + strings.Repeat(" ", room-cells(line[0])+gap) + inert(line[1], false) + "\n")); err != nil {
			return err
		}
	}
	return nil
}
