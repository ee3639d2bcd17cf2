package caddymodule

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
