package revocation

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// Nodes read the copies that earlier versions wrote.
func TestACopyStaysTheSameToTheByte(t *testing.T) {
	for id, want := range map[string]string{
		"jt_abcdefghijklmnop":        "HEAD1",
		"abcdefghijklmnopqrstuvwxyz": "HEAD2",
	} {
		m := NewMirror(time.Minute)
		m.apply(event{
			revoked: map[string]int64{id: 60 * 1000, "other-1": 1700000000},
			rotated: []record{{subject: orders, generation: 7, effective: 1700000000001, keep: []string{"kept"}}},
		})
		path := filepath.Join(t.TempDir(), "copy")
		digest, err := writeCopy(path, m, "store", time.UnixMilli(1700000000002))
		must(t, err)
		got, err := os.ReadFile(path)
		must(t, err)
		if sum := sha256.Sum256([]byte(want)); sum != digest || string(got) != want+string(sum[:]) {
			t.Errorf("%s: got  %q\nwant %q", id, got[:len(got)-sha256.Size], want)
		}
	}
	_ = token.IDLength
}
