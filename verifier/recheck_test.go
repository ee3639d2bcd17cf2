package verifier

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestAGrantThatIsGoodNoMoreIsRefusedWhenItIsRechecked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(g *gate)
		want   refusal.Reason
	}{
		"nothing changed": {func(*gate) {}, refusal.Allowed},
		"its last moment": {func(g *gate) { g.clock = minted.Add(time.Hour - 1) }, refusal.Allowed},
		"expired":         {func(g *gate) { g.clock = minted.Add(time.Hour) }, refusal.Expired},
		"its key is gone": {func(g *gate) { g.ring.removed.Store(true) }, refusal.UnknownKey},
		"revoked":         {func(g *gate) { g.revoked.verdict.Store(new(error(revocation.ErrRevoked))) }, refusal.Revoked},
		"stale":           {func(g *gate) { g.revoked.verdict.Store(new(error(revocation.ErrStale))) }, refusal.Stale},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			grant := &token.Grant{Family: token.Database, KeyID: kid, IssuedAt: minted, ExpiresAt: minted.Add(time.Hour)}
			c.change(g)
			got := refusal.Allowed
			if err := g.Recheck(grant); err != nil {
				got = refusal.From(err).Reason
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnUpgradeCarriesNoCredential(t *testing.T) {
	g := newGate(t)
	r := httptest.NewRequest("GET", "/", nil)
	if err := g.Bare(r); err != nil {
		t.Errorf("a bare request is refused: %v", err)
	}
	for _, change := range [][2]string{
		{"Authorization", "Bearer x"}, {"Authorization", ""}, {"X-Api-Key", "x"}, {"Cookie", "jwt=x"}, {"Sec-Websocket-Protocol", "hrana2, bearer.x"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set(change[0], change[1])
		err := g.Bare(r)
		if err == nil || refusal.From(err).Reason != refusal.Multiple {
			t.Errorf("%v: got %v", change, err)
			continue
		}
		const want = "comes in its hello message only"
		refused := refusal.From(err)
		if refused.Status != 400 || refused.Code != refusal.AuthTwoCredentials || !strings.Contains(refused.Message, want) || !strings.Contains(refused.Challenge, want) {
			t.Errorf("%v: got %+v", change, refused)
		}
	}
}
