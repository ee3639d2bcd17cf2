package caddymodule

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// outage is a mirror that gives one verdict, and was last proven fresh at proof.
type outage struct {
	verdict error
	proof   time.Time
}

func (o *outage) Judge(*token.Grant, time.Time) error { return o.verdict }

func (o *outage) StaleSince(time.Time) (time.Time, bool) {
	return o.proof, errors.Is(o.verdict, revocation.ErrStale)
}

func TestALenientRouteRefusesWhatIsKnownToBeTakenBackAndWhileNothingIsKnown(t *testing.T) {
	mirror := &outage{proof: time.Unix(1, 0)}
	l := &lenient{mirror: mirror, log: slog.New(slog.DiscardHandler), now: time.Now}
	for _, c := range []struct {
		verdict, want error
		counted       refusal.Reason // if it passes
	}{
		{nil, nil, refusal.Allowed},
		{revocation.ErrStale, nil, refusal.AllowedStale},
		{revocation.ErrRevoked, revocation.ErrRevoked, refusal.Allowed},
		{revocation.ErrRotated, revocation.ErrRotated, refusal.Allowed},
		{revocation.ErrNotReady, revocation.ErrNotReady, refusal.Allowed},
	} {
		mirror.verdict = c.verdict
		if got := l.Judge(&token.Grant{}, time.Now()); got != c.want {
			t.Errorf("%v became %v, want %v", c.verdict, got, c.want)
		}
		if got := countedAs(refusal.Allowed, l.stale()); got != c.counted {
			t.Errorf("%v: what passes is counted as %q, want %q", c.verdict, got, c.counted)
		}
	}
}

func TestAnOutageIsLoggedOnceAndTheNextOneAgain(t *testing.T) {
	var text strings.Builder
	mirror := &outage{verdict: revocation.ErrStale, proof: time.Unix(1, 0)}
	l := &lenient{mirror: mirror, log: slog.New(slog.NewTextHandler(&text, nil)), now: time.Now}
	judge := func() {
		for range 100 {
			if err := l.Judge(&token.Grant{}, time.Now()); err != nil {
				t.Error(err)
			}
		}
	}
	judge()
	if got := strings.Count(text.String(), "level=ERROR"); got != 1 {
		t.Errorf("one outage was logged %d times", got)
	}
	mirror.proof = time.Unix(2, 0)
	judge()
	if got := strings.Count(text.String(), "level=ERROR"); got != 2 {
		t.Errorf("two outages were logged %d times", got)
	}
}

func TestARouteThatIsNotLenientAsksTheMirrorItself(t *testing.T) {
	s := &services{shared: &shared{mirror: revocation.NewMirror(time.Minute)}, lenient: &lenient{}}
	for _, choice := range []string{"", denyStale} {
		revocations, lenient := s.revocations(choice)
		if revocations != s.shared.mirror || lenient != nil || lenient.stale() {
			t.Errorf("on_stale %q asks %T", choice, revocations)
		}
	}
}
