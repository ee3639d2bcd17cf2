package e2e

import (
	"strings"
	"testing"
)

func TestNodesShareTheLimitOnMinting(t *testing.T) {
	redis := startRedis(t)
	one := startAPI(t, storedIn(redis), func(s *apiSite) { s.Key = "mint_limit 4 1h" })
	two := one.neighbour(t)
	for i := range 6 {
		h := []*apiHouse{one, two}[i%2]
		a := mustCall(t, "POST", h.base+"/devtokens", h.adminKey, `{"note":"n"}`)
		want := 201
		if i >= 4 {
			want = 429
		}
		if a.status != want || a.header.Get("RateLimit-Policy") != `"mint";q=4;w=3600` {
			t.Errorf("request %d: %d %v %s", i, a.status, a.header, a.body)
		}
		if want == 429 && (a.code() != "RATE_LIMITED" || a.header.Get("Retry-After") == "") {
			t.Errorf("request %d: %v %s", i, a.header, a.body)
		}
	}
}

func TestAnAddressThatGuessesKeysIsHeldOff(t *testing.T) {
	h := startAPI(t, func(s *apiSite) { s.Doors, s.Proxies = "failure_limit 2 1h", "127.0.0.1/32" })
	guess := func(from string) answer {
		return mustCall(t, "GET", h.base+"/devtokens", "a-guess-of-a-stranger", "", forwardedFor(from))
	}
	for _, from := range []string{"192.0.2.1", "2001:db8::1"} {
		guess(from).wantStatus(t, 401)
		guess(from).wantStatus(t, 401)
		guess(from).wantStatus(t, 429)
	}
	guess("2001:db8::2").wantStatus(t, 429) // of the same /64
	guess("192.0.2.2").wantStatus(t, 401)
	mustCall(t, "GET", h.base+"/devtokens", h.adminKey, "", forwardedFor("192.0.2.1")).wantStatus(t, 200)
	if a := mustCall(t, "GET", h.base+"/metrics", "", ""); !strings.Contains(a.body, `caddy_sekisho_door_refusals_total{reason="rate_limited"} 3`) {
		t.Errorf("metrics: %s", a.body)
	}
}
