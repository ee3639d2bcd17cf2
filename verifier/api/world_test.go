package api

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
)

// world is everything behind a gate but Redis: records, revocations, one key.
type world struct {
	key     ed25519.PrivateKey
	records map[string]store.Record
	asked   atomic.Int64
	revoked sync.Map // id to when its token is refused from
}

func (w *world) Token(_ context.Context, id string) (store.Record, error) {
	w.asked.Add(1)
	if r, ok := w.records[id]; ok {
		return r, nil
	}
	return store.Record{}, fmt.Errorf("%w: %s", store.ErrNotFound, id)
}

func (w *world) Judge(g *token.Grant, now time.Time) error {
	if from, revoked := w.revoked.Load(g.ID); revoked && !now.Before(from.(time.Time)) {
		return revocation.ErrRevoked
	}
	return nil
}

// revokeAfter takes a token back, after a grace.
func (w *world) revokeAfter(id string, grace time.Duration) {
	w.revoked.Store(id, time.Now().Add(grace))
}

func (w *world) revoke(id string) { w.revokeAfter(id, 0) }

func (w *world) PublicKey(string) (ed25519.PublicKey, bool) {
	return w.key.Public().(ed25519.PublicKey), true
}

// gate gives a gate with a verifier of its own, which knows no token yet.
func (w *world) gate(t *testing.T, change ...func(*Options)) *Gate {
	t.Helper()
	opaque, err := verifier.NewOpaque(w, w, map[string]token.Family{"jt": token.Developer, "token": token.User}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Options{Keys: w, Revocations: w, Opaque: opaque, Families: []token.Family{token.Developer, token.User}})
	if err != nil {
		t.Fatal(err)
	}
	return newGate(t, append(change, func(o *Options) { o.Authenticator = v })...)
}

func (w *world) mint(t *testing.T, change func(*store.Record)) (credential, id string) {
	credential, id = token.NewOpaque("jt")
	r := store.Record{ID: id, Family: token.Developer, CreatedAt: time.Now(), Digest: token.OpaqueDigest(credential)}
	change(&r)
	statement, err := r.Statement()
	if err != nil {
		t.Fatal(err)
	}
	if r.Signature, err = w.key.Sign(nil, statement, &ed25519.Options{Context: store.SigningPurpose}); err != nil {
		t.Fatal(err)
	}
	w.records[id] = r
	return credential, id
}

func newWorld() *world {
	return &world{records: map[string]store.Record{}, key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
}

func TestANarrowedTokenIsRefusedElsewhereCachedOrFresh(t *testing.T) {
	w := newWorld()
	for name, c := range map[string]struct {
		narrow  func(*store.Record)
		in, out string // method and path
		from    string // address out of which it is refused; empty: the same
		reason  refusal.Reason
	}{
		"scope":   {narrow: func(r *store.Record) { r.Scopes = []string{"read"} }, in: "GET /", out: "POST /", reason: refusal.NotPermitted},
		"method":  {narrow: func(r *store.Record) { r.Access = token.ReadOnly }, in: "HEAD /", out: "PUT /", reason: refusal.ReadOnlyToken},
		"route":   {narrow: func(r *store.Record) { r.Routes = []string{"/v1/*"} }, in: "GET /v1/songs", out: "GET /v2/songs", reason: refusal.Route},
		"network": {narrow: func(r *store.Record) { r.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }, in: "GET /", out: "GET /", from: "198.51.100.1", reason: refusal.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			credential, _ := w.mint(t, c.narrow)
			address := netip.MustParseAddr("192.0.2.1")
			at := func(o *Options) { o.ClientIP = func(*http.Request) netip.Addr { return address } }
			send := func(what string) *http.Request {
				var method, path string
				_, _ = fmt.Sscan(what, &method, &path)
				return request(method, path, credential, "")
			}
			refusedOutside := func(g *Gate) {
				t.Helper()
				was := address
				if c.from != "" {
					address = netip.MustParseAddr(c.from)
				}
				refuses(t, g, send(c.out), 403, c.reason)
				address = was
			}
			g := w.gate(t, ruled, at)
			refusedOutside(g) // fresh
			passes(t, g, send(c.in))
			refusedOutside(g) // cached
			if n := w.asked.Swap(0); n != 1 {
				t.Errorf("%d look-ups", n)
			}
		})
	}
}

func TestARevokedTokenIsRefusedAtTheNextRequest(t *testing.T) {
	w := newWorld()
	credential, id := w.mint(t, func(*store.Record) {})
	g := w.gate(t)
	passes(t, g, request("GET", "/", credential, ""))
	w.revoke(id)
	refused := refuses(t, g, request("GET", "/", credential, ""), 401, refusal.Revoked)
	if refused.Title != "Invalid token" || refused.Message != "Token is invalid or has been revoked" {
		t.Errorf("refused with %+v", refused)
	}
}

func TestADecoyChangesNothingAndCostsNoLookUp(t *testing.T) {
	w := newWorld()
	credential, _ := w.mint(t, func(*store.Record) {})
	decoy, _ := w.mint(t, func(*store.Record) {})
	g := w.gate(t, func(o *Options) { o.AllowAnonymous = true })
	for _, r := range []*http.Request{
		request("GET", "/", credential, "", "Authorization", "Bearer "+decoy),
		request("GET", "/", credential, "", "X-Api-Key", decoy),
		request("GET", "/?access_token="+decoy, credential, ""),
		request("GET", "/", credential, "", "Cookie", "access_token="+decoy),
	} {
		refuses(t, g, r, 400, refusal.Multiple)
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("%d look-ups", n)
	}
}
