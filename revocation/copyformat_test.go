package revocation

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A node reads the copy that an earlier version wrote.
func TestACopyStaysTheSameToTheByte(t *testing.T) {
	const rest = `"others":{"other-1":1700000000},"generations":{"database/acme/orders":7},` +
		`"rotations":[{"subject":"database/acme/orders","generation":7,"effective":1700000000001,"keep":["kept"]}]}`
	for id, want := range map[string]string{
		"jt_abcdefghijklmnop": "sekisho revocations 1\n\x00\x00\x00\xf6" + `{"proved":1700000000002,"store":"store","rows":1,"prefixes":["jt"],` + rest +
			"\x00\x00\x00\x00D2\x14\xc7\x00\x00\x00BT\xb65\xcf \x00\x03\xe8",
		"abcdefghijklmnopqrstuvwxyz": "sekisho revocations 1\n\x00\x00\x00\xf2" + `{"proved":1700000000002,"store":"store","rows":1,"prefixes":[],` + rest +
			"\x00\x88d)\x8e\x84\xa9l\xd7>\x11\x94\xe9[_\x19\x00\x00\x03\xe8",
	} {
		m := NewMirror(time.Minute)
		m.apply(event{
			revoked: map[string]int64{id: 60_000, "other-1": 1_700_000_000},
			rotated: []record{{subject: orders, generation: 7, effective: 1_700_000_000_001, keep: []string{"kept"}}},
		})
		path := filepath.Join(t.TempDir(), "copy")
		digest, err := writeCopy(path, m, "store", time.UnixMilli(1_700_000_000_002))
		must(t, err)
		got, err := os.ReadFile(path)
		must(t, err)
		if sum := sha256.Sum256([]byte(want)); sum != digest || string(got) != want+string(sum[:]) {
			t.Errorf("%s: got  %q\nwant %q", id, got[:len(got)-sha256.Size], want)
		}
	}
}
