package caddymodule

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestAPasswordFileMayBeReplacedWhileTheServerRuns(t *testing.T) {
	server := durable(t)
	file := filepath.Join(t.TempDir(), "password")
	set := func(password string) {
		t.Helper()
		server.Do(t, "ACL", "SETUSER", "gate", "on", "resetpass", ">"+password, "~*", "+@all")
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		server.Do(t, "CLIENT", "KILL", "USER", "gate")
	}
	set("first")
	text := redisSite(t, server, "username gate\npassword {file."+file+"}")
	base := load(t, text)
	mint(t, base, "")
	before := running(t).shared
	set("second")
	redistest.Eventually(t, "minting with the new password", func() bool {
		response, _ := call(t, "POST", base+tokensPath, adminKey, "")
		return response.StatusCode == 200
	})
	base = load(t, text+"# changed\n")
	mint(t, base, "")
	if running(t).shared != before {
		t.Error("a reload after that opened the store anew")
	}
}

func TestSecretsOfTheStoreThatAreNoneDoNotLoad(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ address, option, want string }{
		"an empty password":        {"", "password {file." + empty + "}", "password: nothing found"},
		"no password file":         {"", "password {file." + empty + ".no}", "password: nothing found"},
		"a password written out":   {"", "password hunter2", "name where it is instead"},
		"no user file":             {"", "username {file." + empty + ".no}\npassword {env.SEKISHO_TEST_ADMIN_KEY}", "username: nothing found"},
		"a Sentinel where none is": {"", "sentinel_password {env.SEKISHO_TEST_ADMIN_KEY}", "sentinel_master"},
		"no Sentinel password":     {"?sentinel_master=m", "sentinel_password {env.NOBODY_SET_THIS}", "sentinel_password: nothing found"},
		"a wait without an end":    {"", "wait_replicas 1 1m", "5s at most"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tryLoad(global("store redis://127.0.0.1:1" + test.address + " {\n" + test.option + "\n}"))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want a part %q", err, test.want)
			}
		})
	}
}

func TestStrictRefusesARedisThatMayLoseRevocations(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want store.Warning
	}{
		"evicting":     {[]string{"--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"}, store.WarnEviction},
		"not durable":  {nil, store.WarnVolatile},
		"a replica":    {[]string{"--appendonly", "yes", "--replicaof", "127.0.0.1 1"}, store.WarnReplica},
		"not telling":  {[]string{"--rename-command", "INFO", ""}, store.WarnUnchecked},
		"fit for this": {[]string{"--appendonly", "yes"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t, test.args...)
			if test.want != "" {
				err := tryLoad(redisSite(t, server, "strict"))
				if err == nil || !strings.Contains(err.Error(), string(test.want)) {
					t.Errorf("got %v, want a part %q", err, test.want)
				}
			}
			if name == "a replica" {
				return // nothing can be minted there in any case
			}
			options := ""
			if test.want == "" {
				options = "strict"
			}
			mint(t, load(t, redisSite(t, server, options)), "")
		})
	}
}

func TestStrictKeepsNoServerFromStartingWhileRedisIsAway(t *testing.T) {
	server := redistest.Start(t) // not durable
	server.Signal(t, syscall.SIGSTOP)
	load(t, redisSite(t, server, "strict\ntimeout 100ms"))
	services := running(t).services.Load()
	if checked, err := services.checkStore(t.Context()); checked || err != nil {
		t.Errorf("while it does not answer: checked %v, %v", checked, err)
	}
	server.Signal(t, syscall.SIGCONT)
	redistest.Eventually(t, "it is checked once it answers", func() bool {
		checked, err := services.checkStore(t.Context())
		return checked && err != nil && strings.Contains(err.Error(), string(store.WarnVolatile))
	})
}

func TestARevocationThatTooFewReplicasConfirmIsInForceAndSaysSo(t *testing.T) {
	server := redistest.StartSentinel(t, "--appendonly", "yes")
	base := load(t, redisSite(t, server.Master, "wait_replicas 1 5s"))
	jwt, id := mint(t, base, "")
	_, other := mint(t, base, "")
	if response, _ := call(t, "POST", base+"/v2/pipeline", jwt, pipeline); response.StatusCode != 200 {
		t.Fatalf("the token: %d", response.StatusCode)
	}
	if response, body := call(t, "DELETE", base+tokensPath+"/"+other, adminKey, ""); response.StatusCode != 200 {
		t.Errorf("with its replica: %d %s", response.StatusCode, body)
	}
	server.Replica.Stop()
	base = load(t, redisSite(t, server.Master, "wait_replicas 1 50ms"))
	response, body := call(t, "DELETE", base+tokensPath+"/"+id, adminKey, "")
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || !strings.Contains(body, `"code":"NOT_REPLICATED"`) {
		t.Errorf("without its replica: %d %s", response.StatusCode, body)
	}
	if response, _ := call(t, "POST", base+"/v2/pipeline", jwt, pipeline); response.StatusCode != 401 {
		t.Errorf("the token afterwards: %d", response.StatusCode)
	}
	if n := counted(t, base, "store_not_replicated_total"); n == "0" {
		t.Error("it was not counted")
	}
}

func TestTheDoorsFailFastWhileRedisHangs(t *testing.T) {
	server := durable(t)
	base := load(t, redisSite(t, server, "timeout 200ms"))
	jwt, _ := mint(t, base, "")
	before := counted(t, base, "store_not_asked_total")
	server.Signal(t, syscall.SIGSTOP)
	redistest.Eventually(t, "the breaker opens", func() bool {
		response, body := call(t, "POST", base+tokensPath, adminKey, "")
		if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || !strings.Contains(body, "STORE_UNAVAILABLE") {
			t.Fatalf("mint: %d %s", response.StatusCode, body)
		}
		return counted(t, base, "store_not_asked_total") != before
	})
	if response, _ := call(t, "POST", base+"/v2/pipeline", jwt, pipeline); response.StatusCode != 200 {
		t.Errorf("a good token: %d", response.StatusCode)
	}
	server.Signal(t, syscall.SIGCONT)
	began := time.Now()
	redistest.Eventually(t, "minting again", func() bool {
		response, _ := call(t, "POST", base+tokensPath, adminKey, "")
		return response.StatusCode == 200
	})
	t.Logf("minting again after %s", time.Since(began).Round(time.Millisecond))
}

// counted is the value of a metric without labels.
func counted(t *testing.T, base, name string) string {
	t.Helper()
	_, body := call(t, "GET", base+"/metrics", "", "")
	_, rest, ok := strings.Cut(body, "\ncaddy_sekisho_"+name+" ")
	if !ok {
		t.Fatalf("no metric %s", name)
	}
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

func TestANodeWhoseClockIsAheadForgetsNoTokenThatLives(t *testing.T) {
	base := apiSite(t, "")
	credential, id := devToken(t, base, `{"note":"n","expiration":"1h"}`)
	running(t).services.Load().prune(t.Context(), time.Now().Add(365*24*time.Hour))
	if response, _ := call(t, "GET", base+"/devtokens/"+id, adminKey, ""); response.StatusCode != 200 {
		t.Errorf("its record: %d", response.StatusCode)
	}
	if response, _ := call(t, "GET", base+"/v1/songs", credential, ""); response.StatusCode != 200 {
		t.Errorf("the token: %d", response.StatusCode)
	}
}
