package caddymodule

import (
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

func TestWhatIsRefusedAtLoadSaysWhatToDo(t *testing.T) {
	t.Setenv("SHORT_KEY", "too-short")
	t.Setenv("SAMPLE_KEY", "your-secret-api-key-change-me")
	twice := keyFile(t)
	key := "admin_key ops {env.SEKISHO_TEST_ADMIN_KEY}\n"
	for name, test := range map[string]struct{ options, site, want string }{
		"no admin key":                {"", "", "add `admin_key ops {env.SEKISHO_ADMIN_KEY}`"},
		"a key in the configuration":  {"admin_key ops a-long-key-written-out-here", "", "name where it is instead"},
		"a variable that is not set":  {"admin_key ops {env.NOBODY_SET_THIS}", "", "{env.NOBODY_SET_THIS}"},
		"a short key":                 {"admin_key ops {env.SHORT_KEY}", "", "16 is the least"},
		"a sample key":                {"admin_key ops {env.SAMPLE_KEY}", "", "admin_key ops"},
		"a password in an address":    {key + "store redis://:secret@127.0.0.1:6379", "", "a password stands in the address"},
		"authorities not there":       {key + "store rediss://127.0.0.1:1?ca_file=/nowhere/ca.pem", "", "ca_file"},
		"a database in two groups":    {key + "organization o {\ngroup a {\ndatabase d\n}\ngroup b {\ndatabase d\n}\n}", "", "cannot be in"},
		"a name with capitals":        {key + "organization o {\ngroup a {\ndatabase My_DB\n}\n}", "", "no valid name"},
		"a lifetime that is none":     {key + "organization o {\ngroup a {\nmax_lifetime 7days\n}\n}", "", "write 12h, 90d or never"},
		"a default over the maximum":  {key + "organization o {\ngroup a {\ndefault_lifetime 8d\nmax_lifetime 7d\n}\n}", "", "over the maximum"},
		"an access that is none":      {key + "organization o {\ngroup a {\ndefault_access readonly\n}\n}", "", "default_access"},
		"a key that does not load":    {key + "signing_key {env.SEKISHO_TEST_ADMIN_KEY}", "", "signing"},
		"a foreign organization":      {key, "require_token libsql {\norganization nobody\ndatabase d\n}", "not among those"},
		"no database":                 {key + "organization o", "require_token libsql {\norganization o\n}", "needs the database"},
		"a key given twice":           {key + "signing_key {file." + twice + "} {file." + twice + "}", "", "there twice"},
		"one key for two jobs":        {key + "signing_key {file." + twice + "}\nupstream_key {file." + twice + "}", "", "one key is to sign"},
		"a prefix that is none":       {key + "developer_tokens {\nprefix Dev\n}", "", "prefix \"Dev\" of developer tokens"},
		"two prefixes alike":          {key + "user_tokens {\nprefix jt\n}", "", "the same prefix"},
		"a cache that holds nothing":  {key + "token_cache 100 1KiB", "", "8 KiB at least"},
		"no time at all":              {key + "max_staleness 0s", "", "max_staleness takes a time"},
		"a time that has gone by":     {key + "max_staleness -1m", "", "max_staleness takes a time"},
		"a choice that is none":       {key, "require_token api {\non_stale maybe\n}", "on_stale is deny or allow"},
		"an allowed function refused": {key + "organization o {\ngroup g {\ndatabase d\n}\n}", "require_token libsql {\norganization o\ndatabase d\nallow_function readfile\n}", "readfile"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "{\nadmin off\npersist_config off\nsekisho {\n" + test.options + "\n}\n}\nhttp://127.0.0.1:0 {\n" + test.site + "\n}\n"
			err := tryLoad(text)
			if err == nil {
				_ = caddy.Stop()
				t.Fatal("it loaded")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want a part %q", err, test.want)
			}
			if found := validate(t, text); found == nil || !strings.Contains(found.Error(), test.want) {
				t.Errorf("validate says %v", found)
			}
			if strings.Contains(err.Error(), "too-short") || strings.Contains(err.Error(), adminKey) {
				t.Errorf("the secret is in the error: %q", err)
			}
		})
	}
}

func TestAHandlerWithoutTheOptionSaysSo(t *testing.T) {
	for _, site := range []string{"issue_tokens", "require_token libsql {\norganization o\ndatabase d\n}"} {
		if err := tryLoad("{\nadmin off\npersist_config off\n}\nhttp://127.0.0.1:0 {\n" + site + "\n}\n"); err == nil || !strings.Contains(err.Error(), "there is no sekisho option") {
			t.Errorf("%s: got %v", site, err)
		}
	}
}
