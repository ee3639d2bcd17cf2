package caddymodule

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/store/redistest"
	"github.com/sekisho-project/sekisho/token"
)

// redisSite is a gate and its doors on a Redis; options stand in the store's block.
func redisSite(t *testing.T, server *redistest.Server, options string) string {
	t.Helper()
	dial := upstream(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, answered) })
	scheme := "redis://"
	if filepath.IsAbs(server.Address) {
		scheme = "unix://"
	}
	return global("store "+scheme+server.Address+" {\n"+options+"\n}") + site(dial)
}

// durable is a Redis as it should be set up.
func durable(t *testing.T) *redistest.Server {
	t.Helper()
	return redistest.Start(t, "--appendonly", "yes")
}

func running(t *testing.T) *App {
	t.Helper()
	app, err := caddy.ActiveContext().App("sekisho")
	if err != nil {
		t.Fatal(err)
	}
	return app.(*App)
}

const tokensPath = "/v1/organizations/my-org/databases/my-db/auth/tokens"

func TestTheDocumentedRightsAreEnoughAndNoneTooMany(t *testing.T) {
	server := durable(t)
	user, password := server.LeastRights(t)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := load(t, redisSite(t, server, "username "+user+"\npassword {file."+file+"}"))
	useEverything(t, base, server)

	denied := server.Do(t, "ACL", "LOG")
	if list, _ := denied.([]any); len(list) > 0 {
		t.Errorf("denied: %v", denied)
	}
	stats := fmt.Sprint(server.Do(t, "INFO", "commandstats"))
	for _, rule := range strings.Fields(redistest.Rights) {
		if name, ok := strings.CutPrefix(rule, "+"); ok && !strings.Contains(stats, "cmdstat_"+name+":") && name != "select" {
			t.Errorf("nothing needs %s", rule)
		}
	}
}

// useEverything does all that a server does with its store.
func useEverything(t *testing.T, base string, server *redistest.Server) {
	t.Helper()
	ctx := t.Context()
	do := func(method, path, body string, want int) string {
		t.Helper()
		response, text := call(t, method, base+path, adminKey, body)
		if response.StatusCode != want {
			t.Errorf("%s %s: %d %s", method, path, response.StatusCode, text)
		}
		return text
	}
	jwt, id := mint(t, base, "expiration=1h")
	if response, _ := call(t, "POST", base+"/v2/pipeline", jwt, pipeline); response.StatusCode != 200 {
		t.Errorf("the token: %d", response.StatusCode)
	}
	do("GET", tokensPath, "", 200)
	do("DELETE", tokensPath+"/"+id, "", 200)
	do("POST", "/v1/organizations/my-org/databases/my-db/auth/rotate", "", 200)
	for range 3 {
		devToken(t, base, `{"note":"n","app":"my-app"}`)
	}
	first := do("GET", "/devtokens?app=my-app&limit=1", "", 200)
	if _, next, ok := strings.Cut(first, `"next":"`); ok {
		next, _, _ = strings.Cut(next, `"`)
		do("GET", "/devtokens?app=my-app&limit=1&cursor="+next, "", 200)
	} else {
		t.Errorf("a list without a next page: %s", first)
	}

	app := running(t)
	services, s := app.services.Load(), app.shared.store
	services.announceKeys(ctx, new(keyAlarm))
	server.Do(t, "HSET", "sekisho:keys", "a-node-long-gone", "1 kid")
	services.announceKeys(ctx, new(keyAlarm))
	services.prune(ctx, time.Now())
	claim := store.Claim{ID: id, At: time.Now().Add(-time.Hour * 48)}
	for range 2 {
		if _, _, err := s.ClaimIdempotency(ctx, "key", claim); err != nil {
			t.Error(err)
		}
	}
	services.prune(ctx, time.Now())
	if err := s.MarkUsed(ctx, map[string]time.Time{id: time.Now()}); err != nil {
		t.Error(err)
	}
	if _, err := s.ImportedID(ctx, [32]byte{}); err == nil {
		t.Error("an imported token that is none")
	}
	if _, _, err := s.List(ctx, store.OfFamily(token.Developer), store.Page{Cursor: "1-gone"}); err != nil {
		t.Error(err)
	}
	registry := app.newRegistry()
	registry.WaitReplicas, registry.WaitTimeout = 1, time.Millisecond
	if err := registry.Revoke(ctx, revocation.Entry{ID: "stolen"}); !errors.Is(err, revocation.ErrNotReplicated) {
		t.Errorf("without a replica: %v", err)
	}
	if _, _, err := s.Audit(ctx, store.Page{}); err != nil {
		t.Error(err)
	}
	if d := app.shared.limiter.Allow(ctx, "token/x", ratelimit.Rate{Requests: 1, Per: time.Minute}); d.Local {
		t.Error("the limiter did not reach Redis")
	}
	redistest.Eventually(t, "somebody looks whether what was revoked is still there", func() bool {
		return strings.Contains(fmt.Sprint(server.Do(t, "INFO", "commandstats")), "cmdstat_zscore:")
	})
	server.Do(t, "FLUSHALL")
	redistest.Eventually(t, "the emptied Redis is repaired", func() bool {
		scores, _ := server.Do(t, "ZMSCORE", "{sekisho:revoked}:ids", id, "stolen").([]any)
		return len(scores) == 2 && scores[0] != nil && scores[1] != nil
	})
}
