package caddymodule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestAStartWithoutTheStoreSaysWhetherTheNodeServesFromItsCopy(t *testing.T) {
	const (
		serves = "goes on with the copy"
		not    = "answers 503 until the token store has answered once"
		tooOld = "older than max_staleness"
	)
	server := redistest.Start(t, "--appendonly", "yes")
	file := filepath.Join(t.TempDir(), "caddy.log")
	text := strings.Replace(redisSite(t, server, ""), "auto_https off", "auto_https off\nlog {\noutput file "+file+"\n}", 1)
	load(t, text)
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	load(t, text) // from the copy that the run before has left
	app := running(t)
	told := func() string {
		lines, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(lines)
	}
	if log := told(); !strings.Contains(log, serves) || !strings.Contains(log, `"until":`) || strings.Contains(log, not) {
		t.Errorf("got %s", log)
	}
	app.warnOfSilence(time.Now().Add(time.Duration(app.MaxStaleness) + time.Minute))
	if log := told(); !strings.Contains(log, tooOld) || strings.Contains(log, not) {
		t.Errorf("got %s", log)
	}
	without := &App{log: app.log, shared: &shared{mirror: revocation.NewMirror(time.Minute)}}
	without.warnOfSilence(time.Now())
	if log := told(); !strings.Contains(log, not) {
		t.Errorf("got %s", log)
	}
}
