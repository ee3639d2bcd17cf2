package issuer

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func span(t rapid.TB, text string) token.Expiration {
	t.Helper()
	e, err := token.ParseExpiration(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPolicyDecidesWhenATokenEnds(t *testing.T) {
	week := span(t, "7d")
	for _, test := range []struct {
		name     string
		policy   Policy
		ask      string        // "" asks for nothing
		want     time.Duration // 0: never
		wantCode refusal.Code
	}{
		{name: "no policy, nothing asked: never"},
		{name: "no policy, never asked", ask: "never"},
		{name: "no policy, a span asked", ask: "24h", want: 24 * time.Hour},
		{name: "no policy, an instant asked", ask: "2026-11-21T12:00:00Z", want: 24 * time.Hour},
		{name: "an instant of the past", ask: "2026-11-20T11:59:59Z", wantCode: refusal.ExpirationInvalid},
		{name: "this very moment", ask: "2026-11-20T12:00:00Z", wantCode: refusal.ExpirationInvalid},
		{name: "the default is for requests that name nothing", policy: Policy{DefaultLifetime: week}, want: 7 * 24 * time.Hour},
		{name: "the default is no maximum", policy: Policy{DefaultLifetime: week}, ask: "never"},
		{name: "the maximum itself", policy: Policy{MaxLifetime: week}, ask: "1w", want: 7 * 24 * time.Hour},
		{name: "a second over the maximum is refused, not cut", policy: Policy{MaxLifetime: week}, ask: "7d1s", wantCode: refusal.ExpirationTooLong},
		{name: "an instant over the maximum", policy: Policy{MaxLifetime: week}, ask: "2026-11-27T12:00:01Z", wantCode: refusal.ExpirationTooLong},
		{name: "never is over any maximum", policy: Policy{MaxLifetime: week}, ask: "never", wantCode: refusal.ExpirationTooLong},
		{name: "the maximum is the default where there is none", policy: Policy{MaxLifetime: week}, want: 7 * 24 * time.Hour},
		{name: "never forbidden and asked", policy: Policy{ForbidNever: true}, ask: "never", wantCode: refusal.ExpirationRequired},
		{name: "never forbidden and nothing asked", policy: Policy{ForbidNever: true}, wantCode: refusal.ExpirationRequired},
		{name: "never forbidden, default given", policy: Policy{ForbidNever: true, DefaultLifetime: week}, want: 7 * 24 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			var ask *token.Expiration
			if test.ask != "" {
				e := span(t, test.ask)
				ask = &e
			}
			end, err := test.policy.end(ask, noon)
			if test.wantCode != "" {
				wantCode(t, err, test.wantCode)
				return
			}
			var want time.Time
			if test.want > 0 {
				want = noon.Add(test.want)
			}
			if err != nil || !end.Equal(want) {
				t.Errorf("got %v, %v; want %v", end, err, want)
			}
		})
	}
}

func TestNoTokenOutlivesItsPolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(1, 5*365*24*3600)
		p := Policy{ForbidNever: rapid.Bool().Draw(t, "forbid never")}
		if rapid.Bool().Draw(t, "has maximum") {
			p.MaxLifetime = token.After(time.Duration(seconds.Draw(t, "maximum")) * time.Second)
		}
		if rapid.Bool().Draw(t, "has default") {
			p.DefaultLifetime = token.After(time.Duration(seconds.Draw(t, "default")) * time.Second)
		}
		if p.Validate() != nil {
			return
		}
		var ask *token.Expiration
		if rapid.Bool().Draw(t, "asks") {
			e := token.After(time.Duration(seconds.Draw(t, "asked")) * time.Second)
			if rapid.Bool().Draw(t, "for ever") {
				e = token.Never
			}
			ask = &e
		}
		end, err := p.end(ask, noon)
		if err != nil {
			return
		}
		limit, _ := p.MaxLifetime.At(noon)
		if end.IsZero() && (p.ForbidNever || !limit.IsZero()) {
			t.Fatal("a token without end in spite of the policy")
		}
		if !limit.IsZero() && end.After(limit) {
			t.Fatalf("ends at %v, over the limit %v", end, limit)
		}
		if asked, _ := or(ask, token.Never).At(noon); ask != nil && !end.Equal(asked) {
			t.Fatalf("asked for %v, got %v", asked, end)
		}
	})
}

func or(e *token.Expiration, other token.Expiration) token.Expiration {
	if e == nil {
		return other
	}
	return *e
}

func TestPolicyDecidesWhatATokenMay(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy Policy
		ask    token.Access
		want   token.Access // "": refused
	}{
		{"no policy, nothing asked", Policy{}, "", token.FullAccess},
		{"less may always be asked for", Policy{}, token.ReadOnly, token.ReadOnly},
		{"the default", Policy{DefaultAccess: token.ReadOnly}, "", token.ReadOnly},
		{"the default is no maximum", Policy{DefaultAccess: token.ReadOnly}, token.FullAccess, token.FullAccess},
		{"the maximum is the default", Policy{MaxAccess: token.ReadOnly}, "", token.ReadOnly},
		{"over the maximum", Policy{MaxAccess: token.ReadOnly}, token.FullAccess, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.policy.access(test.ask)
			if test.want == "" {
				wantCode(t, err, refusal.AuthorizationInvalid)
			} else if err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestPoliciesThatContradictThemselvesAreRefused(t *testing.T) {
	for name, p := range map[string]Policy{
		"default over maximum":        {DefaultLifetime: span(t, "8d"), MaxLifetime: span(t, "7d")},
		"an instant as default":       {DefaultLifetime: span(t, "2030-01-01T00:00:00Z")},
		"an instant as maximum":       {MaxLifetime: span(t, "2030-01-01T00:00:00Z")},
		"default access over maximum": {DefaultAccess: token.FullAccess, MaxAccess: token.ReadOnly},
		"maximum beyond all calendars": {
			MaxLifetime: span(t, "999999999y"),
		},
		"maximum beyond the year 9999": {MaxLifetime: span(t, "8000y")},
	} {
		if err := p.Validate(); !errors.Is(err, ErrPolicy) {
			t.Errorf("%s: got %v, want ErrPolicy", name, err)
		}
	}
	if err := (Policy{DefaultLifetime: span(t, "1w"), MaxLifetime: span(t, "7d"), ForbidNever: true}).Validate(); err != nil {
		t.Error(err)
	}
}

func wantCode(t *testing.T, err error, want refusal.Code) {
	t.Helper()
	if r, ok := errors.AsType[*refusal.Refusal](err); !ok || r.Code != want {
		t.Errorf("got %v, want a refusal %s", err, want)
	}
}
