package caddymodule

import "testing"

func TestTheKeyOfTheAdminEndpointIsNewEachTime(t *testing.T) {
	first, key, err := newLocalKey()
	if err != nil || key == nil {
		t.Fatal(err)
	}
	second, _, err := newLocalKey()
	if err != nil || first == second || len(first) < 40 {
		t.Errorf("%v: two keys are the same, or short", err)
	}
}
