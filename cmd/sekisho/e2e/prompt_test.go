package e2e

import (
	"testing"
	"time"
)

// What we promise is a second. A test fails only where a machine that is busy
// with other things cannot be the reason; what it measured is in its log.
const (
	promised = time.Second
	patience = 10 * time.Second
)

// wantPrompt judges how long something took since a revocation was acknowledged.
func wantPrompt(t *testing.T, what string, took time.Duration) {
	t.Helper()
	t.Logf("%s took %s, promised within %s", what, took.Round(time.Millisecond), promised)
	if took > patience {
		t.Errorf("%s took %s", what, took)
	}
}
