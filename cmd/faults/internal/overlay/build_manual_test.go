package overlay

import (
	"os"
	"testing"
)

func TestManualClock(t *testing.T) {
	if os.Getenv("MANUAL") == "" {
		return
	}
	edits, _ := Clock(t.Context(), "SEKISHO_FAULTS_CLOCK")
	b, d, err := Build(t.Context(), edits...)
	t.Log(b, d, err)
}
