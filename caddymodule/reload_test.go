package caddymodule

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

func TestAConfigurationThatFailsToStartLeavesTheRunningOneAsItWas(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	store := "store embedded " + t.TempDir() + "\n"
	load(t, global(store+"max_staleness 1m")+"http://127.0.0.1:0 {\nissue_tokens\n}\n")
	mirror := running(t).shared.mirror
	hourOld := func() bool {
		_, stale := mirror.StaleSince(time.Now().Add(time.Hour))
		return stale
	}
	if !hourOld() {
		t.Fatal("the bound of the running configuration does not hold")
	}
	for name, text := range map[string]string{
		"a key that is none":  global(store + "max_staleness 24h\nsigning_key {env.SEKISHO_TEST_ADMIN_KEY}"),
		"an address in use":   global(store+"max_staleness 24h") + "http://" + taken.Addr().String() + " {\nissue_tokens\n}\n",
		"another store's key": global("store embedded " + t.TempDir() + "\nsigning_key {env.SEKISHO_TEST_ADMIN_KEY}"),
	} {
		if err := tryLoad(text); err == nil {
			t.Fatalf("%s: it loaded", name)
		}
		if !hourOld() {
			t.Errorf("%s: its max_staleness is in force", name)
		}
		if currentMirror.Load() != mirror {
			t.Errorf("%s: its mirror is the one that the metrics show", name)
		}
	}
}

func TestAStoreThatWasJustGivenBackOpensAgain(t *testing.T) {
	defer func(was time.Duration) { drain = was }(drain)
	drain = time.Minute
	store := "store embedded " + t.TempDir() + "\n"
	t.Cleanup(func() { _ = caddy.Stop() })
	if err := tryLoad(global(store + "signing_key {env.SEKISHO_TEST_ADMIN_KEY}")); err == nil {
		t.Fatal("a key that is none loaded")
	}
	if err := tryLoad(global(store)); err != nil {
		t.Fatalf("after a configuration that failed: %v", err)
	}
	before := running(t).shared
	if err := tryLoad("{\nadmin off\npersist_config off\n}\n"); err != nil {
		t.Fatal(err)
	}
	if err := tryLoad(global(store)); err != nil {
		t.Fatalf("after a configuration without it: %v", err)
	}
	if running(t).shared != before {
		t.Error("it was opened anew")
	}
}

func TestARequestThatComesDuringAReloadIsNotRefused(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + free.Addr().String()
	free.Close()
	text := global("store embedded "+t.TempDir()) + base + " {\nbind 127.0.0.1\nissue_tokens\nrequire_token api\nrespond welcome\n}\n"
	load(t, text)
	credential, _ := devToken(t, base, `{"note":"n"}`)
	var refused, over atomic.Bool
	var clients sync.WaitGroup
	defer clients.Wait()
	defer over.Store(true)
	for path, key := range map[string]string{"/": credential, "/devtokens": adminKey} {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
			request.Header.Set("Authorization", "Bearer "+key)
			for !over.Load() {
				response, err := client.Do(request)
				if err != nil {
					continue // Caddy ends connections that the listener before has accepted
				}
				body, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if strings.Contains(string(body), "NOT_READY") {
					refused.Store(true)
				}
			}
		})
	}
	for i := range 50 {
		if err := tryLoad(text + "http://127.0.0.1:0 {\nrespond " + strconv.Itoa(i) + "\n}\n"); err != nil {
			t.Fatal(err)
		}
	}
	if refused.Load() {
		t.Error("a configuration that listened already had not started")
	}
}
