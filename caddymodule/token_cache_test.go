package caddymodule

import "testing"

func TestTheTokensThatAreKnownStayKnownOverAReloadThatChangesNothingAboutThem(t *testing.T) {
	var caches tokenCaches
	take := func(of rememberedBy) any {
		t.Helper()
		cache, err := caches.take(of)
		if err != nil {
			t.Fatal(err)
		}
		return cache
	}
	before := rememberedBy{developer: "jt", user: "token"}
	first := take(before)
	if take(before) != first {
		t.Error("a reload forgot them")
	}
	for name, after := range map[string]rememberedBy{
		"another size":   {option: TokenCache{Entries: 10}, developer: "jt", user: "token"},
		"another prefix": {developer: "acme", user: "token"},
	} {
		if take(after) == first {
			t.Errorf("%s: they are known still", name)
		}
	}
}
