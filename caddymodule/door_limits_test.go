package caddymodule

import (
	"strings"
	"testing"
)

func TestGuessingAdminKeysHasAnEnd(t *testing.T) {
	base := load(t, global("store embedded "+t.TempDir())+`
http://:0 {
	bind 127.0.0.1
	metrics /metrics
	issue_tokens {
		failure_limit 3 1h
	}
}
`)
	const validate = "/v1/auth/validate"
	for i, path := range []string{validate, "/api/tokens", "/devtokens"} {
		if response, body := call(t, "GET", base+path, "wrong-key-of-a-stranger", ""); response.StatusCode != 401 {
			t.Errorf("failure %d: %d %s", i, response.StatusCode, body)
		}
	}
	response, body := call(t, "GET", base+validate, "another-wrong-key", "")
	if response.StatusCode != 429 || !strings.HasPrefix(body, `{"error":"Too many requests",`) {
		t.Errorf("one more: %d %s", response.StatusCode, body)
	}
	for name, want := range map[string]string{"RateLimit-Policy": `"failures";q=3;w=3600`, "Retry-After": "1", "RateLimit": `"failures";r=0;t=`} {
		if got := response.Header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	for name, credential := range map[string]string{"a good key": adminKey, "none": ""} {
		if response, _ := call(t, "GET", base+validate, credential, ""); response.StatusCode == 429 {
			t.Errorf("%s: 429", name)
		}
	}
	if _, body := call(t, "GET", base+"/metrics", "", ""); !strings.Contains(body, `caddy_sekisho_door_refusals_total{reason="rate_limited"} `) {
		t.Errorf("metrics: %s", body)
	}
}

func TestAKeyMintsNoMoreThanItMay(t *testing.T) {
	base := load(t, strings.Replace(global("store embedded "+t.TempDir()), "TEST_ADMIN_KEY}", "TEST_ADMIN_KEY} {\nmint_limit 2 1h\n}", 1)+`
http://:0 {
	bind 127.0.0.1
	issue_tokens
}
`)
	for i, want := range []int{201, 201, 429, 429} {
		if response, body := call(t, "POST", base+"/devtokens", adminKey, `{"note":"n"}`); response.StatusCode != want || response.Header.Get("RateLimit") == "" {
			t.Errorf("request %d: %d %s", i, response.StatusCode, body)
		}
	}
	if response, _ := call(t, "GET", base+"/devtokens", adminKey, ""); response.StatusCode != 200 {
		t.Errorf("a list: %d", response.StatusCode)
	}
}

func TestLimitsThatCannotBeKeptDoNotLoad(t *testing.T) {
	const site = "\nhttp://:0 {\nbind 127.0.0.1\nissue_tokens {\nfailure_limit 0 1m\n}\n}\n"
	if err := tryLoad(global("store embedded "+t.TempDir()) + site); err == nil || !strings.Contains(err.Error(), "failure_limit") {
		t.Errorf("failure_limit: %v", err)
	}
	text := strings.Replace(global("store embedded "+t.TempDir()), "TEST_ADMIN_KEY}", "TEST_ADMIN_KEY} {\nmint_limit 1 1ms\n}", 1)
	if err := tryLoad(text); err == nil || !strings.Contains(err.Error(), "minting") {
		t.Errorf("mint_limit: %v", err)
	}
}
