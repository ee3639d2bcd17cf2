package caddymodule

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/store/redistest"
)

func TestTheAuditLogHasOneNameAndCanHaveAFileOfItsOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.log")
	text := strings.Replace(global("store embedded "+t.TempDir()), "auto_https off", "auto_https off\nlog audit {\noutput file "+file+"\nformat json\ninclude sekisho.audit\n}", 1)
	base := load(t, text+"\nhttp://:0 {\nbind 127.0.0.1\nissue_tokens\n}\n")
	devToken(t, base, `{"note":"n"}`)
	lines, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(lines, []byte("\n")) != 1 || bytes.Count(lines, []byte(`"logger"`)) != 1 || !bytes.Contains(lines, []byte(`"logger":"sekisho.audit","msg":"audit"`)) {
		t.Errorf("got %s", lines)
	}
}

func TestWhatAStoreSaysAfterAReloadGoesWhereTheNewConfigurationSays(t *testing.T) {
	server := durable(t)
	site := func(file string) string {
		return strings.Replace(redisSite(t, server, ""), "auto_https off", "auto_https off\nlog sekisho {\noutput file "+file+"\ninclude sekisho\n}", 1)
	}
	before, after := filepath.Join(t.TempDir(), "before.log"), filepath.Join(t.TempDir(), "after.log")
	load(t, site(before))
	load(t, site(after))
	server.Stop()
	redistest.Eventually(t, "the outage is in the log", func() bool {
		lines, _ := os.ReadFile(after)
		return bytes.Contains(lines, []byte("cannot follow revocations"))
	})
	if lines, _ := os.ReadFile(before); bytes.Contains(lines, []byte("cannot follow revocations")) {
		t.Errorf("the log of the configuration before has %s", lines)
	}
}
