package revocation

import (
	"log/slog"
	"testing"
	"time"
)

func TestWritingCopiesTakesAHundredthOfTheTimeAtMost(t *testing.T) {
	m, clock := NewMirror(time.Minute), time.Now()
	slow := func() time.Time { // whatever is done takes a second
		clock = clock.Add(time.Second)
		return clock
	}
	c, err := openCopy(m, t.TempDir(), "node-1", "store", slog.New(slog.DiscardHandler), slow)
	must(t, err)
	save := func(id string) (written bool) {
		m.apply(event{revoked: map[string]int64{id: 0}})
		before := c.digest
		must(t, c.save(false))
		return c.digest != before
	}
	if !save("first") {
		t.Fatal("no copy was written")
	}
	ended := clock
	for clock.Sub(ended) < 90*time.Second {
		if save("stolen") {
			t.Fatalf("written again %s after a write that took a second", clock.Sub(ended))
		}
	}
	clock = ended.Add(5 * time.Minute)
	if !save("stolen") {
		t.Error("never written again")
	}
}
