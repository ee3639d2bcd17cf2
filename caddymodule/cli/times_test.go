package cli

import (
	"testing"
	"time"
)

func TestATimeIsToldToTheNearestUnit(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		from       time.Duration
		en, ja, zh string
	}{
		{7*day - 300*time.Millisecond, "in 7d", "7日後", "7天后"},
		{time.Hour - time.Second, "in 1h", "1時間後", "1小时后"},
		{time.Minute - time.Second, "in 1m", "1分後", "1分钟后"},
		{29 * time.Second, "in <1m", "1分以内", "1分钟内"},
		{48*time.Hour - time.Second, "in 2d", "2日後", "2天后"},
		{36 * time.Hour, "in 36h", "36時間後", "36小时后"},
		{89 * time.Minute, "in 1h", "1時間後", "1小时后"},
		{0, "just now", "たった今", "刚刚"},
		{-29 * time.Second, "just now", "たった今", "刚刚"},
		{-time.Minute - time.Second, "1m ago", "1分前", "1分钟前"},
		{-59*time.Minute - 40*time.Second, "1h ago", "1時間前", "1小时前"},
		{-90*day - time.Hour, "90d ago", "90日前", "90天前"},
	} {
		for language, want := range map[string]string{"en": c.en, "ja": c.ja, "zh": c.zh} {
			call := &call{texts: textsIn(language), now: now}
			if got := call.relative(now.Add(c.from)); got != want {
				t.Errorf("%v in %s: got %q, want %q", c.from, language, got, want)
			}
		}
	}
}

func TestATokenEndsWhenTheFirstOfItsEndsComes(t *testing.T) {
	early := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	late := early.Add(time.Hour)
	for name, c := range map[string]struct{ expires, grace, want *time.Time }{
		"never":                    {nil, nil, nil},
		"not rotated":              {&late, nil, &late},
		"rotated, was for ever":    {nil, &early, &early},
		"the grace ends it":        {&late, &early, &early},
		"it ends before the grace": {&early, &late, &early},
	} {
		if got := ends(c.expires, c.grace); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// A key of the configuration has no file that says when it was made.
func TestATimeThatNobodyKnowsIsADash(t *testing.T) {
	for name, unknown := range map[string]*time.Time{"none": nil, "zero": {}} {
		if got := shown(unknown); got != "-" {
			t.Errorf("%s: got %q, want a dash", name, got)
		}
	}
}
