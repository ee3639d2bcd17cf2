package caddymodule

import (
	"net"
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
