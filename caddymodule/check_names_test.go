package caddymodule

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
)

// validate does what `caddy validate` does: it provisions, and starts nothing.
func validate(t *testing.T, caddyfile string) error {
	t.Helper()
	text, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		return err
	}
	return validateJSON(t, text)
}

func validateJSON(t *testing.T, text []byte) error {
	t.Helper()
	var config caddy.Config
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	return caddy.Validate(&config)
}

const twoOrganizations = `
organization my-org {
	group production {
		database my-db other-db
	}
	group many {
		database d1 d2 d3 d4 d5
	}
}
organization their-org {
	group staging
}
`

func TestValidateSaysWhatWouldNotRun(t *testing.T) {
	t.Setenv("SEKISHO_TEST_DATABASE", "mydb")
	key := "admin_key ops {env.SEKISHO_TEST_ADMIN_KEY}"
	libsql := func(database string) string {
		return "require_token libsql {\norganization my-org\ndatabase " + database + "\n}"
	}
	for name, test := range map[string]struct {
		options, site string
		want          []string
	}{
		"two keys of one secret":       {key + "\nadmin_key ci {env.SEKISHO_TEST_ADMIN_KEY}", "", []string{`"ops" and "ci" have the same secret`}},
		"two keys of one name":         {key + "\n" + key, "", []string{`"ops" stands twice`}},
		"the name of the commands":     {"admin_key local {env.SEKISHO_TEST_ADMIN_KEY}", "", []string{"admin_key local", "take another name"}},
		"a group that is none":         {key + " {\ngroups productoin\n}", "", []string{`admin_key ops: there is no group "productoin"`, "many, production, staging"}},
		"a group of others":            {key + " {\norganizations my-org\ngroups staging\n}", "", []string{`no group "staging" in my-org`, "many, production"}},
		"an organization that is none": {key + " {\norganizations my-ogr\n}", "", []string{`no organization "my-ogr"`, "my-org, their-org"}},
		"a database that is none":      {key, libsql("mydb"), []string{`organization my-org has no database "mydb"`, "d1, d2, d3, d4, d5 and 2 more"}},
		"one from the environment":     {key, libsql("{env.SEKISHO_TEST_DATABASE}"), []string{"has no database"}},
		"a variable that is not set":   {key, libsql("{env.SEKISHO_TEST_NOT_SET}"), []string{"has no database"}},
		"a label in the singular":      {key, libsql("{label.3}"), []string{"{label.3}", "no such placeholder", "{labels.3}"}},
		"the same in full":             {key, libsql("{http.request.host.label.3}"), []string{"no such placeholder"}},
		"an organization without any":  {key, "require_token libsql {\norganization their-org\ndatabase d\n}", []string{"it has: none"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := validate(t, "{\nadmin off\nauto_https off\nsekisho {\n"+test.options+twoOrganizations+"}\n}\nhttp://127.0.0.1:0 {\n"+test.site+"\n}\n")
			if err == nil {
				t.Fatal("it is valid")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want a part %q", err, want)
				}
			}
		})
	}
}

func TestNamesThatExistOrCannotBeKnownAreValid(t *testing.T) {
	t.Setenv("SEKISHO_TEST_DATABASE", "my-db")
	for _, database := range []string{"my-db", "{labels.3}", "{env.SEKISHO_TEST_DATABASE}", "{header.X-Database}", "{mapped_elsewhere}", "{vars.database}", "d{labels.0}"} {
		err := validate(t, "{\nadmin off\nauto_https off\nsekisho {\nadmin_key ops {env.SEKISHO_TEST_ADMIN_KEY} {\norganizations my-org\ngroups many production\n}"+twoOrganizations+
			"}\n}\nhttp://127.0.0.1:0 {\nrequire_token libsql {\norganization my-org\ndatabase "+database+"\n}\n}\n")
		if err != nil {
			t.Errorf("%s: %v", database, err)
		}
	}
}
