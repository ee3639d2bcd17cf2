package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

func TestANodeWhoseKeysTheOthersDoNotHaveSaysSo(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t, withRedis(redis))
	stranger := *h
	stranger.Storage = t.TempDir()
	stranger.startGate(t)
	err := testrig.Await(t.Context(), "the stranger to say so", startUp, func(context.Context) error {
		if !strings.Contains(stranger.gate.Log(), "signs with keys that this node does not have") {
			return errors.New("nothing in its log")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
