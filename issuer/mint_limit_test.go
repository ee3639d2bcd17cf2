package issuer_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/devtokens"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/turso"
	"github.com/sekisho-project/sekisho/issuer/usertokens"
	"github.com/sekisho-project/sekisho/store/ratelimit"
)

const limitedSecret = "lim-Bv8kS3x6Nf1HwQz4"

// limited is a world in which the key "limited" may send so many requests in an
// hour that make tokens.
func limited(t *testing.T, requests int) *issuertest.World {
	t.Helper()
	key, err := issuer.NewAdminKey("limited", limitedSecret, issuer.Limits{Mint: ratelimit.Rate{Requests: requests, Per: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	return issuertest.New(t, func(o *issuer.Options) { o.Keys = append(o.Keys, key) })
}

func asLimited(d issuertest.Door, method, target, body string) issuertest.Answer {
	return issuertest.Serve(d, issuertest.Request(method, target, body, "Authorization", "Bearer "+limitedSecret))
}

func TestEveryDoorCountsWhatAKeyMints(t *testing.T) {
	const dev = `{"note":"n"}`
	w := limited(t, 6)
	user, developer, platform := usertokens.New(w.Service), devtokens.New(w.Service), turso.New(w.Service, "")
	made := asLimited(developer, "POST", "/devtokens", dev)
	for _, call := range []struct {
		door         issuertest.Door
		path, body   string
		status, left int
	}{
		{user, "/api/tokens", `{"userId":"u","scopes":["read"],"expiresInMinutes":1}`, 201, 4},
		{platform, "/v1/organizations/my-org/databases/my-db/auth/tokens", "", 200, 3},
		{platform, "/v1/organizations/my-org/groups/production/auth/tokens", "", 200, 2},
		{developer, "/devtokens/" + made.String("id") + "/rotate", "", 201, 1},
		{developer, "/devtokens/import", "{}", 400, 0},
	} {
		a := asLimited(call.door, "POST", call.path, call.body)
		if a.Status != call.status || !strings.HasPrefix(a.Header.Get("RateLimit"), `"mint";r=`+string(rune('0'+call.left))+";t=") {
			t.Errorf("%s: %d %q %s", call.path, a.Status, a.Header.Get("RateLimit"), a.Text)
		}
		if a.Header.Get("RateLimit-Policy") != `"mint";q=6;w=3600` {
			t.Errorf("%s: policy %q", call.path, a.Header.Get("RateLimit-Policy"))
		}
	}
	before := w.Stored(t)
	refused := asLimited(developer, "POST", "/devtokens", dev)
	refused.WantError(t, http.StatusTooManyRequests, "RATE_LIMITED", "Too many requests")
	if refused.Header.Get("Retry-After") == "" || refused.Header.Get("RateLimit") == "" {
		t.Errorf("429 with %v", refused.Header)
	}
	if w.Stored(t) != before {
		t.Error("a request over the limit has changed the store")
	}
	if seen := w.Observed(); seen[len(seen)-1] != "mint  limited" {
		t.Errorf("metrics heard %q", seen[len(seen)-1])
	}
}

func TestALimitOnMintingStopsNothingElse(t *testing.T) {
	w := limited(t, 1)
	door := devtokens.New(w.Service)
	id := asLimited(door, "POST", "/devtokens", `{"note":"n"}`).String("id")
	asLimited(door, "POST", "/devtokens", `{"note":"n"}`).WantError(t, 429, "RATE_LIMITED", "")
	for _, method := range []string{"GET", "DELETE"} {
		if a := asLimited(door, method, "/devtokens/"+id, ""); a.Status != 200 || a.Header.Get("RateLimit") != "" {
			t.Errorf("%s: %d %v", method, a.Status, a.Header)
		}
	}
	if a := issuertest.Serve(door, issuertest.Request("POST", "/devtokens", `{"note":"n"}`)); a.Status != 201 || a.Header.Get("RateLimit") != "" {
		t.Errorf("another key: %d %s", a.Status, a.Text)
	}
}

func TestAMintLimitThatCannotBeKeptIsRefused(t *testing.T) {
	if _, err := issuer.NewAdminKey("k", limitedSecret, issuer.Limits{Mint: ratelimit.Rate{Requests: 1}}); err == nil {
		t.Error("no error")
	}
}
