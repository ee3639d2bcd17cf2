package caddymodule

import "testing"

func TestTheTokensThatAreKnownStayKnownOverAReloadThatChangesNothingAboutThem(t *testing.T) {
	var kept keptCache
	get := func(settings cacheSettings) any {
		t.Helper()
		cache, err := kept.get(settings)
		if err != nil {
			t.Fatal(err)
		}
		return cache
	}
	before := cacheSettings{developerPrefix: "jt", userPrefix: "token"}
	first := get(before)
	if get(before) != first {
		t.Error("a reload forgot them")
	}
	for name, after := range map[string]cacheSettings{
		"another size":   {size: TokenCache{Entries: 10}, developerPrefix: "jt", userPrefix: "token"},
		"another prefix": {developerPrefix: "acme", userPrefix: "token"},
	} {
		if get(after) == first {
			t.Errorf("%s: they are known still", name)
		}
	}
}
