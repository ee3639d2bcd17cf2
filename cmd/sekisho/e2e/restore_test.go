package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// A single node with the embedded store has nobody to ask but its own copy.
func TestAnOldFileOfTheEmbeddedStoreBringsNoRevokedTokenBack(t *testing.T) {
	h := startHouse(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	leaked, good := h.mint(t, myDB, "", ""), h.mint(t, myDB, "", "")
	file := filepath.Join(h.gate.Data(), "caddy", "sekisho", "store.aof")
	must(h.gate.Stop())
	old, err := os.ReadFile(file)
	must(err)
	must(h.gate.Restart(t.Context()))
	h.mustRevoke(t, myDB, leaked.ID)
	must(h.gate.Stop())
	must(os.WriteFile(file, old, 0o600))
	must(h.gate.Restart(t.Context()))
	h.wantVerdict(t, leaked.JWT, 401)
	h.wantVerdict(t, good.JWT, 200)

	must(h.gate.Kill())
	must(os.Remove(filepath.Join(filepath.Dir(file), "revocations-embedded")))
	must(h.gate.Restart(t.Context()))
	h.wantVerdict(t, leaked.JWT, 401) // the store has it again
}
