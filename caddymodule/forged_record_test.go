package caddymodule

import (
	"strings"
	"testing"
)

func TestWhoeverWritesToRedisCanDenyAndNotForge(t *testing.T) {
	server := durable(t)
	base := apiOn(t, "store unix://"+server.Address, "scope read GET HEAD\nscope write *")
	genuine, genuineID := devToken(t, base, `{"note":"n","scopes":["read"]}`)
	victim, victimID := devToken(t, base, `{"note":"n","scopes":["read"]}`)
	record := func(id string) string { return "sekisho:token:" + id }
	narrow, _ := server.Do(t, "HGET", record(victimID), "opaque").(string)
	wide := strings.Replace(narrow, `"read"`, `"write"`, 1)
	if wide == narrow {
		t.Fatalf("there is no scope in %q", narrow)
	}

	server.Do(t, "HSET", record(victimID), "opaque", wide)
	if response, body := call(t, "POST", base+"/v1/songs", victim, ""); response.StatusCode != 401 {
		t.Errorf("a token whose record got a scope: %d %s", response.StatusCode, body)
	}
	if response, body := call(t, "POST", base+"/devtokens/"+victimID+"/rotate", adminKey, ""); response.StatusCode != 409 || !strings.Contains(body, "is not signed here") {
		t.Errorf("rotating it: %d %s", response.StatusCode, body)
	}
	if response, body := call(t, "DELETE", base+"/devtokens/"+victimID, adminKey, ""); response.StatusCode != 200 {
		t.Errorf("taking it back: %d %s", response.StatusCode, body)
	}
	for method, status := range map[string]int{"GET": 200, "POST": 403} {
		if response, body := call(t, method, base+"/v1/songs", genuine, ""); response.StatusCode != status {
			t.Errorf("a token that nobody changed, %s: %d %s", method, response.StatusCode, body)
		}
	}
	if response, body := call(t, "POST", base+"/devtokens/"+genuineID+"/rotate", adminKey, ""); response.StatusCode != 201 {
		t.Errorf("rotating that: %d %s", response.StatusCode, body)
	}
}

func TestNodesTakeEachOthersOpaqueTokensIfTheyHaveTheSameKey(t *testing.T) {
	server := durable(t)
	site := func(key string) string { return apiOn(t, "store unix://"+server.Address+"\n"+key, "") }
	ours, theirs := "signing_key {file."+keyFile(t)+"}", "signing_key {file."+keyFile(t)+"}"
	credential, _ := devToken(t, site(ours), `{"note":"n"}`)
	for _, c := range []struct {
		key    string
		status int
	}{{theirs, 401}, {ours, 200}, {theirs, 401}} {
		if response, body := call(t, "GET", site(c.key)+"/v1/songs", credential, ""); response.StatusCode != c.status {
			t.Errorf("%d %s, want %d", response.StatusCode, body, c.status)
		}
	}
}
