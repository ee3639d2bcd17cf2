package caddymodule

import "testing"

func TestTheKeyOfTheAdminEndpointIsNewEachTime(t *testing.T) {
	if first, second := newLocalKey(), newLocalKey(); first == second || len(first) < 40 {
		t.Error("two keys are the same, or short")
	}
}
