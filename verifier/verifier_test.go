package verifier

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestVerifiedTokenGrantsWhatWasMinted(t *testing.T) {
	g := newGate(t)
	for name, want := range map[string]*token.Grant{
		"a database, full access": grant(),
		"a database, read-only, without end": {
			ID: "r", Family: token.Database, Organization: "o", Database: "d", Access: token.ReadOnly, IssuedAt: minted, KeyID: kid,
		},
		"a group with databases to attach": {
			ID: "g", Family: token.Group, Organization: "o", Group: "prod", ReadAttach: []string{"a", "b"},
			Access: token.FullAccess, Generation: 1, IssuedAt: minted, ExpiresAt: minted.Add(time.Hour), KeyID: kid,
		},
		"a group, narrowed": {
			ID: "n", Family: token.Group, Organization: "o", Group: "prod", Databases: []string{"a"},
			Access: token.ReadOnly, IssuedAt: minted, KeyID: kid,
		},
	} {
		t.Run(name, func(t *testing.T) {
			jwt := g.mint(t, want)
			for range 2 { // fresh, then from memory
				got, err := g.Verify(jwt)
				if err != nil {
					t.Fatal(err)
				}
				if !got.IssuedAt.Equal(want.IssuedAt) || !got.ExpiresAt.Equal(want.ExpiresAt) {
					t.Errorf("times %v to %v, want %v to %v", got.IssuedAt, got.ExpiresAt, want.IssuedAt, want.ExpiresAt)
				}
				same := *got
				same.IssuedAt, same.ExpiresAt = want.IssuedAt, want.ExpiresAt
				if !reflect.DeepEqual(&same, want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
		})
	}
}

func TestTokenOfAFamilyThatIsNotAllowedHereIsRefused(t *testing.T) {
	g := newGate(t, func(o *Options) { o.Families = []token.Family{token.Group} })
	jwt := g.mint(t, grant())
	for range 2 {
		g.refuses(t, jwt, refusal.WrongFamily)
	}
	if g.revoked.asked.Load() != 0 {
		t.Error("the revocations were asked")
	}
}

func TestTimesAreJudgedWithTheLeewayAndNoMore(t *testing.T) {
	for _, leeway := range []time.Duration{-1, time.Second, 5 * time.Second} {
		g := newGate(t, func(o *Options) { o.Leeway = leeway })
		jwt := g.mint(t, grant())
		most := max(0, leeway)
		for _, c := range []struct {
			name   string
			at     time.Time
			reason refusal.Reason // empty: accepted
		}{
			{"before it was minted", minted.Add(-most - 1), refusal.NotYet},
			{"from when it was minted", minted.Add(-most), ""},
			{"until its last moment", minted.Add(time.Hour + most - 1), ""},
			{"not at its end", minted.Add(time.Hour + most), refusal.Expired},
			{"not long after", minted.Add(1000 * time.Hour), refusal.Expired},
		} {
			t.Run(fmt.Sprintf("leeway %s, %s", most, c.name), func(t *testing.T) {
				g.clock = c.at
				if c.reason == "" {
					g.accepts(t, jwt)
				} else {
					g.refuses(t, jwt, c.reason)
				}
			})
		}
	}
}

func TestVerdictsOfTheRevocations(t *testing.T) {
	for _, c := range []struct {
		verdict error
		reason  refusal.Reason
		status  int
		code    refusal.Code
	}{
		{revocation.ErrRevoked, refusal.Revoked, 401, refusal.AuthInvalid},
		{revocation.ErrRotated, refusal.Rotated, 401, refusal.AuthInvalid},
		{revocation.ErrStale, refusal.Stale, 503, refusal.RevocationsStale},
		{revocation.ErrNotReady, refusal.Unready, 503, refusal.NotReady},
		{errors.New("something new"), refusal.Fault, 500, refusal.InternalError},
	} {
		t.Run(c.verdict.Error(), func(t *testing.T) {
			g := newGate(t)
			verdict := fmt.Errorf("judging: %w", c.verdict)
			g.revoked.verdict.Store(&verdict)
			_, err := g.Verify(g.mint(t, grant()))
			r := refusal.From(err)
			if r.Reason != c.reason || r.Status != c.status || r.Code != c.code || !errors.Is(err, c.verdict) {
				t.Errorf("refused with %+v", r)
			}
			text := answer(err)
			if strings.Contains(text, "Retry-After") != (c.status == 503) || strings.Contains(text, "judging") {
				t.Errorf("answer: %s", text)
			}
			if c.status == 401 && text != invalidAnswer {
				t.Errorf("answer\n%s\nwant\n%s", text, invalidAnswer)
			}
		})
	}
}

func TestAuthenticateTakesTheCredentialFromTheRequest(t *testing.T) {
	g := newGate(t, func(o *Options) { o.Realm = "db gate" })
	r := httptest.NewRequest(http.MethodPost, "/v2/pipeline", nil)
	if _, err := g.Authenticate(r); refusal.From(err).Challenge != `Bearer realm="db gate"` {
		t.Errorf("without a credential: %+v", refusal.From(err))
	}
	r.Header.Set("Authorization", "Bearer "+g.mint(t, grant()))
	if got, err := g.Authenticate(r); err != nil || got.ID != "abc123" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestObserveHearsOfEveryVerification(t *testing.T) {
	var took []time.Duration
	g := newGate(t, func(o *Options) { o.Observe = func(d time.Duration) { took = append(took, d) } })
	g.accepts(t, g.mint(t, grant()))
	g.refuses(t, "x", refusal.Malformed)
	if len(took) != 2 {
		t.Errorf("heard %v", took)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no keys":                    func(o *Options) { o.Keys = nil },
		"no revocations":             func(o *Options) { o.Revocations = nil },
		"no family":                  func(o *Options) { o.Families = nil },
		"more leeway than 5 seconds": func(o *Options) { o.Leeway = 5*time.Second + 1 },
		"a realm that breaks out":    func(o *Options) { o.Realm = `x", error="` },
		"a realm with a line break":  func(o *Options) { o.Realm = "x\r\nSet-Cookie: a" },
		"a realm beyond ASCII":       func(o *Options) { o.Realm = "関所" },
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Keys: &ringOfOne{}, Revocations: &judgement{}, Families: []token.Family{token.Database}}
			change(&o)
			if _, err := New(o); err == nil {
				t.Error("no error")
			}
		})
	}
}
