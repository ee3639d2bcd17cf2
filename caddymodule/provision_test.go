package caddymodule

import (
	"strings"
	"testing"
)

// What the Caddyfile's parser refuses can still come as JSON.
func TestWhatJSONMayNotSay(t *testing.T) {
	const guard = `{"handler":"require_token","upstream":{"kind":"libsql","organization":"o","database":"d","max_body":-1}}`
	for name, test := range map[string]struct{ options, handler, want string }{
		"a time that has gone by":  {`"max_staleness":-1`, "", "max_staleness takes more than 0"},
		"replicas of one process":  {`"store":{"wait_replicas":1}`, "", "the embedded store has no replicas"},
		"a cache below nothing":    {`"token_cache":{"entries":-1}`, "", "token_cache"},
		"a prefix that is none":    {`"developer_tokens":{"prefix":"Not a one"}`, "", "prefix"},
		"a body of less than none": {`"organizations":[{"name":"o","groups":[{"name":"g","databases":["d"]}]}]`, guard, "max_body takes more than 0"},
	} {
		err := validateJSON(t, []byte(`{"admin":{"disabled":true},"apps":{
			"sekisho":{"admin_keys":[{"name":"ops","secret":"{env.SEKISHO_TEST_ADMIN_KEY}"}],`+test.options+`},
			"http":{"servers":{"s":{"listen":["127.0.0.1:0"],"routes":[{"handle":[`+test.handler+`]}]}}}}}`))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
