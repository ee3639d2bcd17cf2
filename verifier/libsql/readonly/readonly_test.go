package readonly

import "testing"

func mustNew(t testing.TB, functions ...string) *Rules {
	t.Helper()
	r, err := New(functions...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
